import { isWeekEqual } from '../history/index.ts'
import { dropPartitionsUntil, read } from '../platform/db/index.ts'
import { lowestAt } from '../primitives/identifier.ts'
import { readFitting } from '../audit/index.ts'
import { archiveFolderOf, archiveWeek, verifyArchive } from './archive.ts'
import { examinePage } from './examinePage.ts'
import { findHeld } from './findHeld.ts'
import type { PlannedWeek } from './plan.ts'
import { compareRollups } from './rollups.ts'
import { SETTLED_MS } from './settings.ts'
import type { RoundContext } from './settings.ts'
import { sumPage } from './sumLedger.ts'
import type { Reason } from './types.ts'
import { beginWeek, enterState, readManifest, readWeekStates, saveManifest } from './weeks.ts'

/** What one step came to. waiting: nothing stands against it but time. */
export type StepResult =
  { kind: 'worked' | 'waiting' } | { kind: 'removed' } | { kind: 'held'; reason: Reason; error?: unknown }

const WORKED: StepResult = { kind: 'worked' }
const WAITING: StepResult = { kind: 'waiting' }

/**
 * One step of a week on its way out: checking, sealed, closing, dropped. Each state is stored before what it allows is
 * done, and each step may be done again, so that a kill between any two is repaired by the next run.
 */
export async function removeWeek(context: RoundContext, week: PlannedWeek): Promise<StepResult> {
  const { db } = context
  if (week.state === null) {
    await beginWeek(db, week)
    return WORKED
  }
  if (week.state === 'checking') return week.kind === 'messages' ? check(context, week) : sum(context, week)
  if (week.state === 'sealed') return close(context, week)
  return drop(context, week)
}

/** Of messages: the audit is clean, whatever refers to them is finished, and the reports have them. */
async function check({ db, size, limits }: RoundContext, week: PlannedWeek): Promise<StepResult> {
  const examined = await examinePage(db, week, { size, limits })
  if (examined.kind === 'held') return examined
  if (examined.kind === 'page') return WORKED
  const reason = (await findHeld(db, week.below)) ?? (await compareRollups(db, week))
  if (reason) return held(reason)
  await enterState(db, week, 'checking', 'sealed')
  return WORKED
}

/** Of the ledger: what its rows come to is kept for every customer. */
async function sum({ db, size }: RoundContext, week: PlannedWeek): Promise<StepResult> {
  if (!(await areMessagesRemoved(db, week))) return WAITING
  const { page } = await readFitting(size, (rowsMax) => sumPage(db, week, rowsMax))
  if (!page.isOver) return WORKED
  if (!(await read(db, 'retention.sums', (reader) => isWeekEqual(reader, week.below)))) return held('sums')
  const reason = await compareRollups(db, week)
  if (reason) return held(reason)
  await enterState(db, week, 'checking', 'sealed')
  return WORKED
}

async function areMessagesRemoved(db: RoundContext['db'], { belowMs }: PlannedWeek): Promise<boolean> {
  const states = await read(db, 'retention.weeks', readWeekStates)
  const later = states.filter((each) => each.kind === 'messages' && each.belowMs >= belowMs)
  return later.some(({ state }) => state === 'dropped')
}

/** Nothing changes a sealed week, so that what is written of it stays true. */
async function close(context: RoundContext, week: PlannedWeek): Promise<StepResult> {
  const { db, settledMs = SETTLED_MS } = context
  if (week.kind === 'messages') {
    if (week.ageMs < settledMs) return WAITING
    const reason = await findHeld(db, week.below)
    if (reason) return held(reason)
  }
  const fault = await archive(context, week)
  if (fault) return fault
  await enterState(db, week, 'sealed', 'closing')
  return WORKED
}

/** History begins after the week by now. Tables follow each other, and the one that all others are found by goes first. */
async function drop(context: RoundContext, week: PlannedWeek): Promise<StepResult> {
  const { db, databaseUrl } = context
  const fault = await archive(context, week)
  if (fault) return fault
  for (const table of week.tables)
    if ((await dropPartitionsUntil(databaseUrl, table, week.belowMs)) === 'blocked') return held('locked')
  await enterState(db, week, 'closing', 'dropped')
  return { kind: 'removed' }
}

/** @returns why the week may not go: with an archive set, no drop without a manifest that was verified now. */
async function archive(context: RoundContext, week: PlannedWeek): Promise<StepResult | undefined> {
  const { db, archiveFolder } = context
  if (archiveFolder === undefined) return undefined
  const folder = archiveFolderOf(archiveFolder, week.belowMs)
  try {
    // The ledger of a week is archived with its messages.
    const manifest = await readManifest(db, { kind: 'messages', below: week.below })
    if (manifest) await verifyArchive(folder, manifest)
    else if (week.kind === 'ledger' || week.state === 'closing') return held('archive')
    else await saveManifest(db, week, await archiveWeek(db, { folder, ...(await rangeOf(db, week)) }))
    return undefined
  } catch (error) {
    return { kind: 'held', reason: 'archive', error }
  }
}

/** From where the week before was removed: the first one has all that is older. */
async function rangeOf(db: RoundContext['db'], { below, belowMs }: PlannedWeek) {
  const states = await read(db, 'retention.weeks', readWeekStates)
  const before = states.findLast((each) => each.kind === 'messages' && each.belowMs < belowMs)
  return { from: before?.below ?? lowestAt(0), below }
}

function held(reason: Reason): StepResult {
  return { kind: 'held', reason }
}
