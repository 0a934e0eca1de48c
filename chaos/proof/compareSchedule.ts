import { sql } from 'kysely'
import type { Db } from '../../src/platform/db/index.ts'
import { identifierFromBytes } from '../../src/primitives/identifier.ts'
import type { Sent } from '../clients/record.ts'
import { ROWS_PER_PAGE, eachRow } from './eachRow.ts'
import { markOf } from './marks.ts'

/** What an operator recorded of one recipient: when it first came, taken or not, in milliseconds since the epoch. */
export interface FirstSeen {
  reference: string
  firstSeenAt: number
}

export interface ScheduleReport {
  /** One line for each message that is stored for another time, or that was handed over before its time. */
  wrong: string[]
  /** Scheduled recipients that were handed over, by the operators' record. */
  handedOver: number
}

interface Row {
  id: Buffer
  text: string
  send_at: Date | null
  delayed_until: Date | null
  recipients: number
}

/**
 * Whether each scheduled message is stored for its time and reached no operator earlier, by this machine's clock; likewise
 * each one that its customer's sending rate or window delays.
 */
export async function compareSchedule(
  db: Db,
  sent: readonly Sent[],
  operators: readonly { submissions(): AsyncIterable<FirstSeen> }[],
): Promise<ScheduleReport> {
  const wrong: string[] = []
  const byMark = new Map(sent.map((each) => [each.mark, each]))
  const scheduled = new Map<string, { mark: string; atMs: number }>()
  for await (const { id, text, send_at, delayed_until, recipients } of eachRow(
    db,
    'chaos.schedule',
    scheduleAfter,
  )) {
    const asked = byMark.get(markOf(text))
    if (!asked) continue
    const { mark, sendAtMs: atMs } = asked
    const identifier = identifierFromBytes(id)
    if (send_at?.getTime() !== atMs)
      wrong.push(`${mark}, message ${identifier}: asked for ${timeOf(atMs)}, stored for ${timeOf(send_at)}`)
    if (atMs !== undefined) scheduled.set(identifier, { mark, atMs })
    // The rows of a message that leaves at a rate are due one after the other: this is the time of the last.
    if (delayed_until) scheduled.set(`${identifier}:${recipients}`, { mark, atMs: delayed_until.getTime() })
  }
  const handedOver = new Set<string>()
  for (const operator of operators) {
    for await (const { reference, firstSeenAt } of operator.submissions()) {
      const [identifier = '', recipientNo] = reference.split(':')
      const message = scheduled.get(reference) ?? scheduled.get(identifier)
      if (!message) continue
      handedOver.add(reference)
      const { mark, atMs } = message
      if (firstSeenAt < atMs)
        wrong.push(
          `${mark}, message ${identifier}, recipient ${recipientNo}: handed over ${atMs - firstSeenAt} ms early`,
        )
    }
  }
  return { wrong, handedOver: handedOver.size }
}

function timeOf(time: Date | number | null | undefined): string {
  return time === null || time === undefined ? 'no time' : new Date(time).toISOString()
}

function scheduleAfter(after: Buffer) {
  return sql<Row>`SELECT sms_identifier AS id, text, send_at, delayed_until, recipients FROM sms_requests
    WHERE sms_identifier > ${after} ORDER BY sms_identifier LIMIT ${sql.lit(ROWS_PER_PAGE)}`
}
