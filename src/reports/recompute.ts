import { nowMsIn, read, transact } from '../platform/db/index.ts'
import type { Db, Tx } from '../platform/db/index.ts'
import {
  identifierFromBytes,
  identifierToBytes,
  lowestAt,
  madeAtMs,
  valueBefore,
} from '../primitives/identifier.ts'
import { contributionOf } from './contribution.ts'
import { LEVELS, startOf } from './levels.ts'
import type { Level } from './levels.ts'
import { lockPosition, readEnds } from './position.ts'
import { afterMessage, readAsCounted } from './readRows.ts'
import { listCustomers, readCells, replaceCells } from './replaceCells.ts'
import { addContribution, coarsen, withSums } from './rollup.ts'
import type { Rollup } from './rollup.ts'

/** What a recount found. */
export interface Recounted {
  /** The range that was recounted, in whole quarters of an hour; null when it has no counted message. */
  from: Date | null
  to: Date | null
  /** Rows of rollups that were wrong or missing, and are right now. */
  corrected: number
}

const [MINUTES, QUARTERS, DAYS] = LEVELS as [Level, Level, Level]
const ROWS_PER_STATEMENT = 5_000
const CUSTOMERS_PER_STATEMENT = 100
/** A quarter of an hour of ten thousand messages a second. The fold waits meanwhile, and nothing else does. */
const TIMEOUT_MS = 15 * 60_000
/** May run again after a lost COMMIT: what is right already is left as it is. */
const OPTIONS = { timeoutMs: TIMEOUT_MS, resolve: () => Promise.resolve(undefined) }

/**
 * Recounts the rollups of a range from the messages and corrects what is wrong, while the engine runs: the lock of the
 * position stops the fold alone. Quarters and days that the range touches are recounted too.
 * @throws RangeError when the range begins before quarters of an hour are kept.
 */
export async function recompute(db: Db, range: { fromMs: number; toMs: number }): Promise<Recounted> {
  const { firstMs, endMs, nowMs } = await boundsOf(db, range)
  if (firstMs >= endMs) return { from: null, to: null, corrected: 0 }
  if (firstMs < nowMs - QUARTERS.keptMs)
    throw new RangeError(
      `quarters of an hour are kept since ${new Date(nowMs - QUARTERS.keptMs).toISOString()}`,
    )
  let corrected = 0
  for (let ms = firstMs; ms < endMs; ms += QUARTERS.lengthMs)
    corrected += await transact(db, 'reports.recount_quarter', (tx) => recountQuarter(tx, ms), OPTIONS)
  for (let ms = startOf(firstMs, DAYS.lengthMs); ms < endMs; ms += DAYS.lengthMs)
    corrected += await transact(db, 'reports.recount_day', (tx) => recountDay(tx, ms), OPTIONS)
  return { from: new Date(firstMs), to: new Date(endMs), corrected }
}

/** From the oldest message on, because rollups outlive messages; up to what is counted. */
function boundsOf(db: Db, { fromMs, toMs }: { fromMs: number; toMs: number }) {
  return read(db, 'reports.recount_bounds', async (reader) => {
    const { oldest, position } = await readEnds(reader)
    const nowMs = nowMsIn(reader)
    const timeOf = (id: Buffer) => madeAtMs(identifierFromBytes(id))
    const firstMs = startOf(Math.max(fromMs, oldest ? timeOf(oldest) : Infinity), QUARTERS.lengthMs)
    return { firstMs, endMs: Math.min(toMs, timeOf(position) + 1), nowMs }
  })
}

async function recountQuarter(tx: Tx, startedAtMs: number): Promise<number> {
  const minutes = await countAgain(tx, startedAtMs)
  const range = { fromMs: startedAtMs, untilMs: startedAtMs + QUARTERS.lengthMs }
  const quarters = await replaceCells(
    tx,
    QUARTERS.table,
    range,
    withSums(coarsen(minutes, QUARTERS.lengthMs)),
  )
  if (startedAtMs < nowMsIn(tx) - MINUTES.keptMs) return quarters
  return quarters + (await replaceCells(tx, MINUTES.table, range, withSums(minutes)))
}

/**
 * What rollups have to say at this moment: each recipient as what it is, or as what it was before changes that wait. While
 * the fold stands still, a settlement changes nothing of that, so that the statements need not show one moment.
 */
async function countAgain(tx: Tx, startedAtMs: number): Promise<Rollup> {
  const position = await lockPosition(tx, { waits: true })
  if (!position) throw new Error('report_positions has no row')
  const last = identifierToBytes(valueBefore(lowestAt(startedAtMs + QUARTERS.lengthMs)))
  const until = last.compare(position) < 0 ? last : position
  const rollup: Rollup = new Map()
  let after = afterMessage(identifierToBytes(valueBefore(lowestAt(startedAtMs))))
  for (;;) {
    const rows = await readAsCounted(tx, { after, until, limit: ROWS_PER_STATEMENT })
    for (const row of rows) {
      const contribution = contributionOf(row, row.counted_as ?? undefined)
      if (contribution) addContribution(rollup, contribution)
    }
    const end = rows.at(-1)
    if (!end || rows.length < ROWS_PER_STATEMENT) return rollup
    after = { id: end.sms_identifier, no: end.recipient_no }
  }
}

/** From its quarters, some customers at a time. */
async function recountDay(tx: Tx, startedAtMs: number): Promise<number> {
  await lockPosition(tx, { waits: true })
  const range = { fromMs: startedAtMs, untilMs: startedAtMs + DAYS.lengthMs }
  let corrected = 0
  const customers = await listCustomers(tx, [QUARTERS.table, DAYS.table], range)
  for (let start = 0; start < customers.length; start += CUSTOMERS_PER_STATEMENT) {
    const userIds = customers.slice(start, start + CUSTOMERS_PER_STATEMENT)
    const quarters = await readCells(tx, QUARTERS.table, { ...range, userIds })
    const day = coarsen(quarters, DAYS.lengthMs)
    corrected += await replaceCells(tx, DAYS.table, { ...range, userIds }, [...day.values()])
  }
  return corrected
}
