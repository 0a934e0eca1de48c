import { sql } from 'kysely'
import type { Db } from '../../src/platform/db/index.ts'
import { identifierFromBytes } from '../../src/primitives/identifier.ts'
import { numberOf } from '../clients/record.ts'
import type { Sent } from '../clients/record.ts'
import { ROWS_PER_PAGE, eachRow } from './eachRow.ts'
import { markOf } from './marks.ts'

/** What an operator recorded of one recipient. */
export interface HandedOver {
  /** The message's identifier and the recipient's number, as in `0190…:3`. */
  reference: string
  to: string
}

interface Row {
  id: Buffer
  text: string
  recipients: number
  lowest: number
  highest: number
}

/**
 * Whether exactly the requested numbers were stored, and each operator sent to the number of its reference when it was
 * last asked. Numbers of one request follow each other, so that a number less its place is the same for all of it.
 * @returns one line for each request or submission that is wrong.
 */
export async function compareNumbers(
  db: Db,
  sent: readonly Sent[],
  operators: readonly { submissions(): AsyncIterable<HandedOver> }[],
): Promise<string[]> {
  const wrong: string[] = []
  const byMark = new Map(sent.map((each) => [each.mark, each]))
  const byIdentifier = new Map<string, Sent>()
  for await (const row of eachRow(db, 'chaos.numbers', numbersAfter)) {
    const asked = byMark.get(markOf(row.text))
    if (!asked) continue
    const identifier = identifierFromBytes(row.id)
    byIdentifier.set(identifier, asked)
    const base = Number(numberOf(asked, 1)) - 1
    if (
      Number(row.lowest) !== base ||
      Number(row.highest) !== base ||
      Number(row.recipients) !== asked.recipients
    )
      wrong.push(`${asked.mark}, request ${identifier}: not stored for the requested numbers`)
  }
  for (const operator of operators) {
    for await (const { reference, to } of operator.submissions()) {
      const [identifier = '', recipientNo] = reference.split(':')
      const asked = byIdentifier.get(identifier)
      if (asked && to !== numberOf(asked, Number(recipientNo)))
        wrong.push(`${asked.mark}, recipient ${recipientNo} of ${identifier}: handed over for ${to}`)
    }
  }
  return wrong
}

function numbersAfter(after: Buffer) {
  return sql<Row>`
    SELECT r.sms_identifier AS id, MIN(r.text) AS text, COUNT(*) AS recipients,
      MIN(CAST(s.recipient AS SIGNED) - s.recipient_no) AS lowest,
      MAX(CAST(s.recipient AS SIGNED) - s.recipient_no) AS highest
    FROM sms_requests r JOIN sms_status s ON s.sms_identifier = r.sms_identifier
    WHERE r.sms_identifier > ${after} GROUP BY r.sms_identifier ORDER BY r.sms_identifier
    LIMIT ${sql.lit(ROWS_PER_PAGE)}`
}
