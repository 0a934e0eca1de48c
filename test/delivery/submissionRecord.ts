import { sql } from 'kysely'
import { resultOf } from '../../src/operators/callResult.ts'
import type { CallResult, Submission } from '../../src/operators/contract.ts'
import type { Db } from '../../src/platform/db/index.ts'
import { identifierFromBytes } from '../../src/primitives/identifier.ts'
import type { MessageClass } from '../../src/primitives/messageClass.ts'
import type { OnUnknown } from '../../src/primitives/onUnknown.ts'
import { look } from '../support/arrange.ts'

/** What the operators saw, and what the tables said at that moment. */
export interface SubmissionRecord {
  /** Records a call as it begins. @returns what records its result and hands it on. */
  submitted(batch: Submission[]): Promise<(result: CallResult) => CallResult>
  /** Repeats without a mark or of what is held, too many submissions without a definite result, terminal states that changed. */
  violations(unknownSubmissionsMax: Record<MessageClass, number>): Promise<string[]>
}

interface Row {
  id: Buffer
  no: number
  type: MessageClass
  status: string
  marked: number
  on_unknown: OnUnknown | null
}

export function openSubmissionRecord(db: Db): SubmissionRecord {
  /** Submissions whose result is missing or unknown, by reference. */
  const unconfirmed = new Map<string, number>()
  const terminal = new Map<string, string>()
  const faults: string[] = []
  const count = (reference: string, change: number) =>
    unconfirmed.set(reference, (unconfirmed.get(reference) ?? 0) + change)
  const readRows = async () => {
    const rows = await look(
      db,
      sql<Row>`SELECT s.sms_identifier AS id, s.recipient_no AS no, r.type, s.status, s.possible_duplicate AS marked, r.on_unknown
        FROM sms_status s JOIN sms_requests r ON r.sms_identifier = s.sms_identifier`,
    )
    return new Map(rows.map((row) => [`${identifierFromBytes(row.id)}:${row.no}`, row]))
  }
  return {
    async submitted(batch) {
      const rows = await readRows()
      for (const { reference } of batch) {
        const isRepeat = (unconfirmed.get(reference) ?? 0) > 0
        if (rows.get(reference)?.status === 'cancelled')
          faults.push(`${reference} submitted after its cancellation`)
        if (isRepeat && rows.get(reference)?.marked !== 1) faults.push(`${reference} repeated without a mark`)
        if (isRepeat && rows.get(reference)?.on_unknown === 'hold')
          faults.push(`${reference} is held, and was submitted again`)
        count(reference, 1)
      }
      return (result) => {
        batch.forEach(({ reference }, position) => {
          if (resultOf(result, position, batch.length).kind !== 'unknown') count(reference, -1)
        })
        return result
      }
    },
    async violations(unknownSubmissionsMax) {
      const rows = await readRows()
      const found = faults.splice(0)
      for (const [reference, { type, status }] of rows) {
        const submissions = unconfirmed.get(reference) ?? 0
        if (submissions > unknownSubmissionsMax[type])
          found.push(`${reference} was submitted ${submissions} times without a definite result`)
        if (status === 'cancelled' && submissions > 0)
          found.push(`${reference} was cancelled, and an operator may have it`)
        const before = terminal.get(reference)
        if (before !== undefined && before !== status)
          found.push(`${reference} went from ${before} to ${status}`)
        if (status !== 'pending' && status !== 'sending') terminal.set(reference, status)
      }
      return found
    },
  }
}
