import { read } from '../platform/db/index.ts'
import type { Db } from '../platform/db/index.ts'
import type { RemovedKind } from '../../db/schema.ts'
import { isCounted } from '../reports/index.ts'
import { findHeld } from './findHeld.ts'
import type { PlannedWeek } from './plan.ts'
import { isToGo } from './round.ts'
import type { Kept, Reason } from './types.ts'

const DAY_MS = 86_400_000

const WORDS: Record<Reason, string> = {
  earlier: 'a week before it is not removed',
  fold: 'the reports have not counted all of it',
  rollups: 'the reports do not agree with it: recount its days',
  open: 'a recipient in it is not finished',
  quarantined: 'a recipient of it or of before it is quarantined (npm run quarantine)',
  holds: 'a price of it is on hold, until its receipt comes or the wait for it is over',
  outbox: 'an outbox row references a message of it',
  events: 'an event of it may still be sent to its customer',
  audit: 'a rule of the audit is violated in it (npm run audit)',
  sums: 'its ledger was read to two sums',
  archive: 'it could not be written to the archive, or not be read back',
  locked: 'other sessions use its tables, such as a backup',
}

/** Lines for people: each week that has a partition or is on its way out, and what stands against it. */
export async function describePlan(
  db: Db,
  plan: Record<RemovedKind, PlannedWeek[]>,
  kept: Kept,
): Promise<string[]> {
  const lines: string[] = []
  for (const [kind, weeks] of Object.entries(plan) as [RemovedKind, PlannedWeek[]][]) {
    const keptMs = kind === 'messages' ? kept.messagesMs : kept.ledgerMs
    lines.push(`${kind}: ${keptMs === undefined ? 'kept for ever' : `kept for ${keptMs / DAY_MS} days`}`)
    const next = weeks.find(isToGo)
    for (const week of weeks) lines.push(`  ${await describeWeek(db, week, { next, keptMs })}`)
  }
  return lines
}

async function describeWeek(
  db: Db,
  week: PlannedWeek,
  { next, keptMs }: { next: PlannedWeek | undefined; keptMs: number | undefined },
): Promise<string> {
  const name = `before ${new Date(week.belowMs).toISOString().slice(0, 10)}`
  if (!isToGo(week)) {
    const due =
      keptMs === undefined ? '' : `, due ${new Date(week.belowMs + keptMs).toISOString().slice(0, 10)}`
    return `${name}  stays${due}`
  }
  const reason = week === next ? (week.blockedBy ?? (await foresee(db, week))) : 'earlier'
  const state = week.state ?? 'not begun'
  const goes = week.kind === 'ledger' ? 'goes after its messages' : 'goes'
  return `${name}  ${reason ? `${state}, kept: ${WORDS[reason]}` : `${state}, ${goes}`}`
}

/** What can be told without reading the week. */
async function foresee(db: Db, { kind, below, state }: PlannedWeek): Promise<Reason | undefined> {
  if (kind === 'ledger' || state === 'closing' || state === 'dropped') return undefined
  const reason = await findHeld(db, below)
  if (reason) return reason
  return (await read(db, 'retention.counted', (reader) => isCounted(reader, below))) ? undefined : 'fold'
}
