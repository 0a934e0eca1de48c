import { databaseNowMs } from '../platform/db/index.ts'
import type { Db } from '../platform/db/index.ts'
import { skipToPresent } from './accounts.ts'
import { firstIdentifierAt } from './checkReferenced.ts'
import { openSlice } from './pass.ts'
import type { Cursor, Pass, Step } from './pass.ts'
import type { EngineLimits } from './violation.ts'

/** The time up to which new rows were audited, and the progress of the slice after it. */
export interface HeadPosition {
  untilMs: number
  slice?: Slice | undefined
}

interface Slice {
  toMs: number
  cursor: Cursor
}

/** The audit of new rows, one slice of time after another. Times are the database's, in milliseconds. */
export interface Head {
  isDue(): boolean
  /** Whether new rows have waited long enough to justify a larger share of the time. */
  isLate(): boolean
  /** Examines one more page of the present slice, or the first of the next. */
  step(rowsMax: number): Promise<Step>
  position(): HeadPosition
}

/**
 * A message this old is committed and usually finished, because its identifier is made before it waits for its
 * transaction. The whole pass finds rows committed later.
 */
const BEHIND_MS = 20_000
const SLICE_MS_MIN = 5_000
const SLICE_MS_MAX = 30_000
const LATE_MS = 45_000
/** After a longer pause of the audit the head begins at the present: the whole pass examines the gap. */
const SKIPPED_FROM_MS = 300_000

/** @param from undefined: begins with the present. */
export async function openHead(db: Db, from: HeadPosition | undefined, limits: EngineLimits): Promise<Head> {
  let { untilMs, slice } = from ?? { untilMs: -Infinity }
  const newestMs = () => Math.floor(databaseNowMs(db)) - BEHIND_MS
  if (newestMs() - untilMs > SKIPPED_FROM_MS) {
    untilMs = newestMs()
    slice = undefined
    await skipToPresent(db)
  }
  const openPassOf = (toMs: number, cursor?: Cursor): Pass =>
    openSlice(db, { after: keyAt(untilMs), upTo: keyAt(toMs) }, { from: cursor, limits })
  let pass = slice && openPassOf(slice.toMs, slice.cursor)
  let toMs = slice?.toMs ?? untilMs

  return {
    isDue: () => pass !== undefined || newestMs() - untilMs >= SLICE_MS_MIN,
    isLate: () => databaseNowMs(db) - untilMs > LATE_MS,
    async step(rowsMax) {
      if (!pass) {
        toMs = Math.min(newestMs(), untilMs + SLICE_MS_MAX)
        pass = openPassOf(toMs)
      }
      const step = await pass.step(rowsMax)
      if (pass.isOver()) {
        untilMs = toMs
        pass = undefined
      }
      return step
    },
    position() {
      const cursor = pass?.cursor()
      return { untilMs, slice: cursor && { toMs, cursor } }
    },
  }
}

/** Just below the identifiers of this time on. */
function keyAt(ms: number): string {
  return firstIdentifierAt(ms).toString('hex')
}
