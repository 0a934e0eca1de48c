import { COUNTED_AFTER_MS, removeChanges } from '../messages/index.ts'
import { nowMsIn, transact } from '../platform/db/index.ts'
import type { Db, Tx } from '../platform/db/index.ts'
import { identifierToBytes, lowestAt, valueBefore } from '../primitives/identifier.ts'
import { hasOlderProcess } from '../processes/index.ts'
import { contributionOf } from './contribution.ts'
import type { Contribution, CountedRow } from './contribution.ts'
import { lockPosition, movePosition } from './position.ts'
import { afterMessage, lockRows, readChanges } from './readRows.ts'
import type { ChangedRow } from './readRows.ts'
import { addContribution } from './rollup.ts'
import type { Rollup } from './rollup.ts'
import { addToLevels } from './writeCells.ts'

/**
 * What one fold did.
 * - locked: another process folds, or recounts. Nothing was done.
 * - older_process: one runs that changes recipients without a note. Nothing was done.
 */
export type Folded =
  | { kind: 'locked' | 'older_process' }
  | {
      kind: 'folded'
      recipients: number
      changes: number
      /** More wait. */
      isFull: boolean
    }

export interface FoldOptions {
  /** Messages older than this are counted. Less than the default only while nothing accepts or settles. */
  countedAfterMs?: number
  recipientsMax?: number
  changesMax?: number
}

/**
 * Of one transaction, and up to one message more: what 1,600 a second bring between two turns. Late settlements of these
 * recipients wait for it, 5 to 9 s on two cores.
 */
const RECIPIENTS_MAX = 50_000
const CHANGES_MAX = 25_000
/** Of one statement: adding them up blocks the process for some milliseconds. */
const ROWS_PER_STATEMENT = 5_000
const TIMEOUT_MS = 30_000

/**
 * Counts the next messages, and what has changed of earlier ones; may run again after a lost COMMIT. The rollups, the
 * removal of the changes and the position commit together: each recipient is counted once, as what it is.
 */
export function foldOnce(db: Db, options: FoldOptions = {}): Promise<Folded> {
  const { countedAfterMs = COUNTED_AFTER_MS } = options
  const { recipientsMax = RECIPIENTS_MAX, changesMax = CHANGES_MAX } = options
  return transact(
    db,
    'reports.fold',
    async (tx) => {
      const position = await lockPosition(tx, { waits: false })
      if (!position) return { kind: 'locked' }
      if (await hasOlderProcess(tx)) return { kind: 'older_process' }
      const nowMs = nowMsIn(tx)
      const rollup: Rollup = new Map()
      const bound = identifierToBytes(valueBefore(lowestAt(nowMs - countedAfterMs)))
      const messages = await countMessages(tx, rollup, { position, bound, recipientsMax })
      const changes = await countChanges(tx, rollup, changesMax)
      await addToLevels(tx, rollup, nowMs)
      if (messages.until.compare(position) > 0) await movePosition(tx, messages.until)
      const isFull = messages.isFull || changes === changesMax
      return { kind: 'folded', recipients: messages.recipients, changes, isFull }
    },
    { resolve: () => Promise.resolve(undefined), timeoutMs: TIMEOUT_MS },
  )
}

interface Range {
  position: Buffer
  /** The last that is old enough. */
  bound: Buffer
  recipientsMax: number
}

/** No message is divided: `until` is the last whose recipients are all counted. */
async function countMessages(
  tx: Tx,
  rollup: Rollup,
  { position, bound, recipientsMax }: Range,
): Promise<{ recipients: number; until: Buffer; isFull: boolean }> {
  let recipients = 0
  let after = afterMessage(position)
  for (;;) {
    const rows = await lockRows(tx, { after, until: bound, limit: ROWS_PER_STATEMENT })
    addRows(rollup, rows)
    recipients += rows.length
    const last = rows.at(-1)
    if (!last || rows.length < ROWS_PER_STATEMENT) return { recipients, until: bound, isFull: false }
    after = { id: last.sms_identifier, no: last.recipient_no }
    if (recipients < recipientsMax) continue
    const rest = await lockRows(tx, { after, until: after.id, limit: REST_MAX })
    addRows(rollup, rest)
    return { recipients: recipients + rest.length, until: after.id, isFull: true }
  }
}

/** Above the recipients of any message. */
const REST_MAX = 65_535

function addRows(rollup: Rollup, rows: readonly CountedRow[]): void {
  for (const row of rows) {
    const contribution = contributionOf(row)
    if (contribution) addContribution(rollup, contribution)
  }
}

/** As what it is counted, and as what it is to be counted. A return is counted with what the recipient is by then. */
function contributionsOf(row: ChangedRow): [Contribution | undefined, Contribution | undefined] {
  const { was, became } = row
  if (was === 'paid' || became === 'returned')
    return [contributionOf(row), contributionOf({ ...row, is_return_noted: 0 })]
  return [contributionOf(row, was), contributionOf(row, became)]
}

/** Counts changed recipients as what they became, and no longer as what they were. */
async function countChanges(tx: Tx, rollup: Rollup, changesMax: number): Promise<number> {
  const changes = await readChanges(tx, changesMax)
  for (const row of changes) {
    const [was, became] = contributionsOf(row)
    if (was) addContribution(rollup, was, -1)
    if (became) addContribution(rollup, became)
  }
  await removeChanges(
    tx,
    changes.map(({ sms_identifier, recipient_no, was }) => ({
      ...{ smsIdentifier: sms_identifier, recipientNo: recipient_no, was },
    })),
  )
  return changes.length
}
