import type { Bench } from '../bench.ts'
import { describeRun } from '../describeRun.ts'
import { auditTables } from '../measure/auditTables.ts'
import { runBesideBacklog } from './expressBesideBacklog.ts'

/** A fraction of the machine's capacity. Normal traffic must leave CPU free for it. */
const EXPRESS_PER_SECOND = 200
/** More than the drain rate, so that the backlog lasts as long as the express load. */
const DRAIN_PER_SECOND_MAX = 16_000

/** S4: express messages are sent while 100,000 normal ones wait and drain. */
export async function expressBehindBacklog(bench: Bench): Promise<void> {
  const { stage, form, findings, say } = bench
  const waiting = form.waitingMessages
  const run = await runBesideBacklog(bench, {
    ...{ name: 'S4', title: `express while ${waiting} normal messages wait and drain`, waiting },
    expressPerSecond: EXPRESS_PER_SECOND,
    durationMs: Math.ceil(waiting / DRAIN_PER_SECOND_MAX) * 1_000,
  })
  for (const line of describeRun(run)) say(line)
  findings.runs.push({ ...run, audit: await auditTables(stage.servers.databaseUrl) })
}
