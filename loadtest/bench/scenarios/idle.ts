import { setTimeout as pause } from 'node:timers/promises'
import type { RunResult } from '../../result.ts'
import type { Bench } from '../bench.ts'
import type { IdleFigures } from '../findings.ts'
import { auditTables } from '../measure/auditTables.ts'
import { runLoad } from '../measure/runLoad.ts'
import { coresBetween, readUsage } from '../measure/usage.ts'
import { ROLES } from '../stage/crew.ts'
import type { Crew } from '../stage/crew.ts'
import { withCrew } from '../stage/withCrew.ts'
import { ONE_BY_ONE } from '../baselines/oneByOne.ts'

const CUSTOMERS = 100
/** By then the relay polls at its idle interval. */
const SETTLE_MS = 6_000
const WARM_UP_MS = 1_000

/** S6: a few requests a second, each ended before the next; then none. The former also for the batch-size-1 build. */
export async function idle(bench: Bench): Promise<void> {
  let quietCores = NaN
  const engine = await measureIdle(bench, 'S6', 'an idle system', {}, async (crew) => {
    quietCores = await measureQuiet(crew, bench.form.idle.quietMs)
    bench.say(`quiet: ${(quietCores * 100).toFixed(1)} % of a core`)
  })
  const oneByOne = await measureIdle(bench, 'S6 one by one', 'an idle system, batch size 1', ONE_BY_ONE)
  bench.findings.idle = { engine, oneByOne, quietCores }
}

async function measureIdle(
  bench: Bench,
  name: string,
  title: string,
  setting: Record<string, string>,
  afterwards: (crew: Crew) => Promise<void> = () => Promise.resolve(),
): Promise<IdleFigures> {
  const { stage, form, stopList, findings, say, options } = bench
  const env = { ...setting, ...options.env }
  const run = await withCrew({ stage, stopList, env, customers: CUSTOMERS }, async (crew) => {
    const run = await runLoad(crew, {
      ...{ name, title, settings: env, onProgress: say },
      load: {
        ratePerSecond: form.idle.requestsPerSecond,
        ...{ warmUpMs: WARM_UP_MS, durationMs: form.idle.trafficMs },
        ...{ customerLast: CUSTOMERS, skew: 'uniform', recipientsPerRequest: 1, expressShare: 0.2 },
      },
    })
    await afterwards(crew)
    return run
  })
  const figures = { http: run.http, handOverP50Ms: handOverP50Ms(run) }
  say(`answer p50 ${figures.http.p50Ms.toFixed(1)} ms, hand-over p50 ${figures.handOverP50Ms.toFixed(0)} ms`)
  findings.runs.push({ ...run, audit: await auditTables(stage.servers.databaseUrl) })
  return figures
}

/** @returns the share of a core that all roles use while nothing is sent. */
async function measureQuiet(crew: Crew, quietMs: number): Promise<number> {
  const processes = crew.processes()
  await pause(SETTLE_MS)
  const before = readUsage(processes)
  await pause(quietMs)
  const cores = coresBetween(before, readUsage(processes))
  return ROLES.reduce((sum, role) => sum + (cores[role] ?? 0), 0)
}

/** The classes' medians, weighted by how many messages there were of each. */
function handOverP50Ms({ handOver }: RunResult): number {
  const classes = [handOver.normal, handOver.express].filter((each) => each !== undefined)
  const messages = classes.reduce((sum, { count }) => sum + count, 0)
  return classes.reduce((sum, { count, p50Ms }) => sum + (p50Ms * count) / messages, 0)
}
