import { listWeeklyTables, mondaysOf, read } from '../platform/db/index.ts'
import type { Db, WeeklyTable } from '../platform/db/index.ts'
import type { RemovedKind } from '../../db/schema.ts'
import { lowestAt } from '../primitives/identifier.ts'
import type { Kept, WeekState } from './types.ts'
import { readWeekStates } from './weeks.ts'

const LEDGER = 'user_transactions'
/** Its rows are what everything else of a message is found by: without them it is gone for every reader. */
const FIRST = 'sms_requests'

/** A week with the tables that have a partition of it or of before it. */
export interface PlannedWeek extends WeekState {
  tables: string[]
  isDue: boolean
}

export const KINDS: readonly RemovedKind[] = ['messages', 'ledger']

/** @returns the weeks that have a partition or whose removal was begun and is not over, the oldest first, by kind. */
export async function planWeeks(
  db: Db,
  { databaseUrl, kept, nowMs }: { databaseUrl: string; kept: Kept; nowMs: number },
): Promise<Record<RemovedKind, PlannedWeek[]>> {
  const tables = await listWeeklyTables(databaseUrl)
  const states = await read(db, 'retention.weeks', readWeekStates)
  const plan = (kind: RemovedKind, keptMs: number | undefined) => {
    const ours = tablesOf(kind, tables)
    const known = new Map(
      states.filter((each) => each.kind === kind).map((each) => [each.belowMs, each] as const),
    )
    const mondays = new Set([
      ...ours.flatMap(mondaysOf),
      ...[...known].filter(([, { state }]) => state !== 'dropped').map(([monday]) => monday),
    ])
    return [...mondays]
      .sort((a, b) => a - b)
      .map((belowMs) => ({
        ...(known.get(belowMs) ?? nothingDone(kind, belowMs)),
        tables: ours.filter((table) => mondaysOf(table).some((each) => each <= belowMs)).map(nameOf),
        isDue: keptMs !== undefined && belowMs <= nowMs - keptMs,
      }))
  }
  return { messages: plan('messages', kept.messagesMs), ledger: plan('ledger', kept.ledgerMs) }
}

function tablesOf(kind: RemovedKind, tables: WeeklyTable[]): WeeklyTable[] {
  if (kind === 'ledger') return tables.filter(({ table }) => table === LEDGER)
  const others = tables.filter(({ table }) => table !== LEDGER)
  return [...others.filter(({ table }) => table === FIRST), ...others.filter(({ table }) => table !== FIRST)]
}

function nothingDone(kind: RemovedKind, belowMs: number): WeekState {
  const below = lowestAt(belowMs)
  return { kind, belowMs, below, state: null, position: null, hasManifest: false, ageMs: 0, blockedBy: null }
}

function nameOf({ table }: WeeklyTable): string {
  return table
}
