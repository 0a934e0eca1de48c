import type { KeyHolder } from './clients/sendKeyed.ts'
import { ENDPOINT_CUSTOMERS, FEED_CUSTOMERS } from './customers.ts'
import { drainReceipts } from './drainReceipts.ts'
import { drainReports } from './drainReports.ts'
import { drainEvents } from './endpoints/drainEvents.ts'
import { readFeeds } from './endpoints/readFeeds.ts'
import type { CustomerEvents } from './endpoints/customerEvents.ts'
import type { Only } from './options.ts'
import { prove } from './proof/prove.ts'
import type { Proof } from './proof/prove.ts'
import { settleDown } from './settleDown.ts'
import { validityOf } from './stage/retries.ts'
import type { EngineStage } from './stage/stage.ts'
import type { Started } from './startWorld.ts'

/** Lets everything end, receipts and events too, stops the engine and proves the result. */
export async function conclude(
  { world, prober, record, tally }: Started<EngineStage>,
  {
    holders,
    eventsOf,
    only,
    say,
  }: {
    holders: readonly KeyHolder[]
    eventsOf: ReadonlyMap<number, CustomerEvents>
    only: Only | undefined
    say: (line: string) => void
  },
): Promise<Proof> {
  const { stage, processes } = world
  const { db, operators, testOperator, endpoints } = stage
  await settleDown(world, prober, tally, say)
  endpoints.calmDown()
  for (const line of await drainReceipts(stage)) tally.noteProblem(line)
  for (const line of await drainEvents(db, eventsOf, say)) tally.noteProblem(line)
  const feeds = await readFeeds(processes.apiUrls, holders, eventsOf.keys())
  await processes.close()
  for (const line of await drainReports(db)) tally.noteProblem(line)
  const events = {
    ...{ eventsOf, feeds, wrongRequests: endpoints.wrong, failedRequests: endpoints.counts.failed },
    customers: [...ENDPOINT_CUSTOMERS, ...FEED_CUSTOMERS],
  }
  return prove(db, { operators, testOperator, record, events, validityMs: validityOf(only) }, say)
}
