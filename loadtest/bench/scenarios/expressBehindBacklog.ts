import type { RunResult } from '../../result.ts'
import type { Bench } from '../bench.ts'
import { describeRun } from '../describeRun.ts'
import { auditTables } from '../measure/auditTables.ts'
import { runLoad } from '../measure/runLoad.ts'
import { withDatabase } from '../stage/database.ts'
import type { Database } from '../stage/database.ts'
import { insertMessages } from '../stage/messages.ts'
import { withCrew } from '../stage/withCrew.ts'

const CUSTOMERS = 1_000
/** A fraction of what the machine carries: normal traffic leaves some CPU free for it, and has to. */
const EXPRESS_PER_SECOND = 200
/** The first messages meet processes that have just begun; the backlog comes due when these are over. */
const WARM_UP_MS = 4_000
/** From the warm-up's end to the backlog's due time: the generator, a process of its own, begins a little later. */
const START_MS = 500
/** More than the backlog drains at: it is there for as long as express is sent. */
const DRAIN_PER_SECOND_MAX = 16_000
const HOUR_MS = 3_600_000
const DRAIN_TIMEOUT_MS = 300_000
/** Of the backlog; with less than that left at the end of the load, its last part met none. */
const LEFT_SHARE_MIN = 0.02

/** S4: express messages are sent while normal ones by the thousand wait and drain. */
export async function expressBehindBacklog(bench: Bench): Promise<void> {
  const { stage, form, stopList, findings, say, options } = bench
  const { databaseUrl } = stage.servers
  const waiting = form.waitingMessages
  say(`writing ${waiting} normal messages that wait`)
  const fill = (database: Database) =>
    insertMessages(database, {
      ...{ customerFirst: 1, customers: CUSTOMERS, perCustomer: waiting / CUSTOMERS, state: 'waiting' },
      ...{ fromEpochMs: Date.now() - HOUR_MS, overMs: HOUR_MS },
    })
  const crewOptions = { stage, stopList, env: options.env, customers: CUSTOMERS, fill }
  const run = await withCrew(crewOptions, async (crew) => {
    await withDatabase(databaseUrl, letGo)
    return runLoad(crew, {
      ...{ name: 'S4', title: `express while ${waiting} normal messages wait and drain` },
      load: {
        ...{ ratePerSecond: EXPRESS_PER_SECOND, warmUpMs: WARM_UP_MS },
        durationMs: Math.ceil(waiting / DRAIN_PER_SECOND_MAX) * 1_000,
        ...{ customerLast: CUSTOMERS, skew: 'uniform', recipientsPerRequest: 1, expressShare: 1 },
      },
      settings: { waiting, ...options.env },
      drainTimeoutMs: DRAIN_TIMEOUT_MS,
      onProgress: say,
    })
  })
  for (const line of describeRun(run)) say(line)
  const note = `${leftOf(run)} of ${waiting} normal messages were left when the express load was over`
  findings.runs.push({
    ...run,
    notes: [...(run.notes ?? []), hasMetBacklog(run) ? note : `${note}: its last part met no backlog`],
    audit: await auditTables(databaseUrl),
  })
}

/** Whether the backlog was there for as long as express was sent. */
export function hasMetBacklog(run: RunResult): boolean {
  return leftOf(run) >= Number(run.settings['waiting']) * LEFT_SHARE_MIN
}

function leftOf({ samples }: RunResult): number {
  return samples.findLast(({ phase }) => phase === 'measured')?.backlogRecipients ?? 0
}

/** The rows were due in an hour, so that the relay left them alone while the processes started; now they are, soon. */
async function letGo(database: Database): Promise<void> {
  await database.run('UPDATE outbox_events SET next_run_at = NOW(6) + INTERVAL ? MICROSECOND', [
    (WARM_UP_MS + START_MS) * 1_000,
  ])
}
