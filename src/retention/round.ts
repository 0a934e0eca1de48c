import { databaseNowMs } from '../platform/db/index.ts'
import { KINDS, planWeeks } from './plan.ts'
import type { PlannedWeek } from './plan.ts'
import { removeTexts } from './removeTexts.ts'
import { removeWeek } from './removeWeek.ts'
import type { RoundContext } from './settings.ts'
import { saveReason } from './weeks.ts'

/**
 * One step for the oldest week of each kind that is due, and for texts. @returns whether one more may follow at once.
 */
export async function runRound(context: RoundContext): Promise<'worked' | 'idle'> {
  const { db, databaseUrl, kept, nowMs = () => databaseNowMs(db) } = context
  const plan = await planWeeks(db, { databaseUrl, kept, nowMs: nowMs() })
  let hasWorked = await removeTexts(context, nowMs())
  for (const kind of KINDS) {
    const week = plan[kind].find(isToGo)
    if (!week) context.events.free(kind)
    else if (await step(context, week, nowMs())) hasWorked = true
  }
  return hasWorked ? 'worked' : 'idle'
}

/** What was begun with closing is finished, whatever the settings say since. */
export function isToGo({ state, isDue, tables }: PlannedWeek): boolean {
  if (state === 'dropped') return isDue && tables.length > 0
  return isDue || state === 'closing'
}

async function step(context: RoundContext, week: PlannedWeek, nowMs: number): Promise<boolean> {
  const { db, kept, events } = context
  const result = await removeWeek(context, week)
  if (result.kind === 'held') {
    const keptMs = (week.kind === 'messages' ? kept.messagesMs : kept.ledgerMs) ?? 0
    if (week.blockedBy !== result.reason) await saveReason(db, week, result.reason)
    events.held({ ...result, week, dueMs: nowMs - week.belowMs - keptMs })
    return false
  }
  if (week.blockedBy !== null) await saveReason(db, week, null)
  if (result.kind === 'removed') events.removed(week)
  else events.free(week.kind)
  return result.kind !== 'waiting'
}
