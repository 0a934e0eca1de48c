import type { RunResult } from '../../result.ts'
import type { Bench } from '../bench.ts'
import { runLoad } from '../measure/runLoad.ts'
import type { Crew } from '../stage/crew.ts'
import { withDatabase } from '../stage/database.ts'
import type { Database } from '../stage/database.ts'
import { insertMessages, makeDueIn } from '../stage/messages.ts'
import { withCrew } from '../stage/withCrew.ts'

export const CUSTOMERS = 1_000
/** The first messages meet processes that have just started, so the backlog becomes due after them. */
export const WARM_UP_MS = 4_000
/** The load generator is a process of its own and starts a little later than the backlog's clock. */
const GENERATOR_START_MS = 500
const HOUR_MS = 3_600_000
const DRAIN_TIMEOUT_MS = 300_000
/** With less than this share of the backlog left at the end, the last part of the load met none. */
const LEFT_SHARE_MIN = 0.02

export interface BesideBacklog {
  name: string
  title: string
  /** Normal messages that wait when the express load begins. */
  waiting: number
  expressPerSecond: number
  durationMs: number
  /** Before the load, when the engine runs, and after it, before the backlog is drained. */
  onLoad?: { before: () => Promise<void>; after: () => Promise<void> }
  /** More rows, more settings of the engine, and the keys that the load is sent with. */
  fill?: (database: Database) => Promise<void>
  env?: Record<string, string>
  apiKeyPrefix?: string
  /** When all have ended and the engine still runs. */
  onEnded?: (crew: Crew, run: RunResult) => Promise<void>
}

/** Offers express messages while normal ones wait and drain. */
export async function runBesideBacklog(bench: Bench, options: BesideBacklog): Promise<RunResult> {
  const { stage, stopList, say, options: benchOptions } = bench
  const { waiting, name, title, onLoad } = options
  say(`writing ${waiting} normal messages that wait`)
  const fill = async (database: Database) => {
    await insertMessages(database, {
      ...{ customerFirst: 1, customers: CUSTOMERS, perCustomer: waiting / CUSTOMERS, state: 'waiting' },
      ...{ fromEpochMs: Date.now() - HOUR_MS, overMs: HOUR_MS },
    })
    await options.fill?.(database)
  }
  const env = { ...benchOptions.env, ...options.env }
  const crewOptions = { stage, stopList, env, customers: CUSTOMERS, fill }
  const run = await withCrew(crewOptions, async (crew: Crew) => {
    await onLoad?.before()
    await withDatabase(stage.servers.databaseUrl, (database) =>
      makeDueIn(database, WARM_UP_MS + GENERATOR_START_MS),
    )
    const loaded = await runLoad(crew, {
      ...{ name, title, settings: { waiting, ...benchOptions.env }, onProgress: say },
      load: {
        ...{ ratePerSecond: options.expressPerSecond, warmUpMs: WARM_UP_MS, durationMs: options.durationMs },
        ...{ customerLast: CUSTOMERS, skew: 'uniform', recipientsPerRequest: 1, expressShare: 1 },
        ...(options.apiKeyPrefix !== undefined && { apiKeyPrefix: options.apiKeyPrefix }),
      },
      drainTimeoutMs: DRAIN_TIMEOUT_MS,
      ...(onLoad ? { onOffered: () => onLoad.after() } : {}),
    })
    await options.onEnded?.(crew, loaded)
    return loaded
  })
  const note = `${leftOf(run)} of ${waiting} normal messages were left when the express load was over`
  const notes = [...(run.notes ?? []), hasMetBacklog(run) ? note : `${note}: its last part met no backlog`]
  return { ...run, notes }
}

/** Whether the backlog lasted as long as the express load. */
export function hasMetBacklog(run: RunResult): boolean {
  return leftOf(run) >= Number(run.settings['waiting']) * LEFT_SHARE_MIN
}

function leftOf({ samples }: RunResult): number {
  return samples.findLast(({ phase }) => phase === 'measured')?.backlogRecipients ?? 0
}
