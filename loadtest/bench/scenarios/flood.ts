import { isAccepting, startGenerator } from '../../generator/index.ts'
import type { Bench } from '../bench.ts'
import { runNamed } from '../findings.ts'
import { auditTables } from '../measure/auditTables.ts'
import { planOf, runLoad } from '../measure/runLoad.ts'
import { messagesPerSecond } from '../measure/sustained.ts'
import { startCrew } from '../stage/crew.ts'
import type { Crew } from '../stage/crew.ts'
import { withCrew } from '../stage/withCrew.ts'
import type { RunResult } from '../../result.ts'

const EXPRESS_CUSTOMERS = 1_000
const EXPRESS_PER_SECOND = 50
const FLOOD_CUSTOMERS = 5_000
/** As a multiple of S1's rate, so that much of it is refused. */
const FLOOD_OF_S1 = 2
/** Used when S1 was not measured in this run: more than this machine carries. */
const FLOOD_DEFAULT_PER_SECOND = 5_000
const WARM_UP_MS = 2_000
const DRAIN_TIMEOUT_MS = 120_000

/**
 * HTTP latency of express requests, alone and during a flood of normal ones: through the same process of the API, and
 * through another one.
 */
export async function flood(bench: Bench): Promise<void> {
  const { stage, stopList, options, findings, say } = bench
  const customers = EXPRESS_CUSTOMERS + FLOOD_CUSTOMERS
  const [alone, flooded, elsewhere] = await withCrew(
    { stage, stopList, env: options.env, customers },
    async (crew) => {
      const quiet = await sendExpress(bench, crew, 'express alone')
      const through = await sendFlooded(bench, crew, 'flooded', crew)
      const other = await startCrew({ stage, env: options.env, roles: ['api'] })
      stopList.add(() => other.stop())
      try {
        return [quiet, through, await sendFlooded(bench, crew, 'flooded elsewhere', other)]
      } finally {
        await other.stop()
      }
    },
  )
  const audit = await auditTables(stage.servers.databaseUrl)
  findings.runs.push(alone, flooded, { ...elsewhere, audit })
  findings.flood = {
    aloneP99Ms: alone.http.p99Ms,
    floodedP99Ms: flooded.http.p99Ms,
    elsewhereP99Ms: elsewhere.http.p99Ms,
  }
  const p99s = [alone, flooded, elsewhere].map(({ name, http }) => `${http.p99Ms.toFixed(1)} ms ${name}`)
  say(`express HTTP p99 ${p99s.join(', ')}`)
}

/** @param through the crew that the flood is sent to. */
async function sendFlooded(bench: Bench, crew: Crew, name: string, through: Crew): Promise<RunResult> {
  const ending = new AbortController()
  const flooding = floodWith(bench, through, ending.signal)
  try {
    return await sendExpress(bench, crew, name, () => Promise.resolve(ending.abort()))
  } finally {
    ending.abort()
    await flooding
  }
}

async function sendExpress(
  { form, options, say }: Bench,
  crew: Crew,
  name: string,
  onOffered = () => Promise.resolve(),
): Promise<RunResult> {
  const run = await runLoad(crew, {
    ...{ name, title: `express requests, ${name}`, settings: options.env, onProgress: say, onOffered },
    load: {
      ...{ ratePerSecond: EXPRESS_PER_SECOND, warmUpMs: WARM_UP_MS, durationMs: form.flood.durationMs },
      ...{ customerLast: EXPRESS_CUSTOMERS, skew: 'uniform', recipientsPerRequest: 1, expressShare: 1 },
    },
    drainTimeoutMs: DRAIN_TIMEOUT_MS,
  })
  const refused = Object.entries(run.answers).filter(([answer]) => !isAccepting(answer))
  if (refused.length > 0) say(`${name}: express answers ${JSON.stringify(run.answers)}`)
  return run
}

/** From other customers, until the signal. */
async function floodWith({ form, findings, options, say }: Bench, crew: Crew, signal: AbortSignal) {
  const s1 = runNamed(findings, 'S1')
  const ratePerSecond = Math.round(
    options.rate ?? (s1 ? messagesPerSecond(s1) * FLOOD_OF_S1 : FLOOD_DEFAULT_PER_SECOND),
  )
  say(`flooding with ${ratePerSecond} normal requests/s`)
  const plan = planOf(crew, {
    ...{ ratePerSecond, warmUpMs: 0, durationMs: 2 * (WARM_UP_MS + form.flood.durationMs) },
    ...{ customerFirst: EXPRESS_CUSTOMERS + 1, customerLast: EXPRESS_CUSTOMERS + FLOOD_CUSTOMERS },
    ...{ skew: 'uniform', recipientsPerRequest: 1, expressShare: 0 },
  })
  const { answers } = await startGenerator(plan, () => {}, { signal })
  say(`answers to the flood: ${JSON.stringify(answers)}`)
}
