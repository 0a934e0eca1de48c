import type { Bench } from '../bench.ts'
import { auditTables } from '../measure/auditTables.ts'
import { percentilesOfValues } from '../measure/countedPercentiles.ts'
import { eventDelays, untilFollowed } from '../measure/followed.ts'
import { runLoad } from '../measure/runLoad.ts'
import type { Crew } from '../stage/crew.ts'
import { createEndpoints, openEndpoints } from '../stage/endpoints.ts'
import { seedKeys } from '../stage/keyedCustomers.ts'
import { withCrew } from '../stage/withCrew.ts'

const LIVING = 50
/** The customer whose endpoint takes requests and never answers. */
const DEAD = LIVING + 1
const RATE_PER_SECOND = 300
const WARM_UP_MS = 2_000

/**
 * The time from a change to the endpoint that is told of it, of fifty living endpoints: while the customer of a dead one
 * sends too, in turn with the time when it does not.
 */
export async function deadEndpoint(bench: Bench): Promise<void> {
  const { stage, stopList, options, findings, form, say } = bench
  const endpoints = await openEndpoints()
  const crewOptions = {
    ...{ stage, stopList, customers: DEAD, env: { ...options.env, WEBHOOK_ALLOW_PRIVATE: 'yes' } },
    fill: (database: Parameters<typeof seedKeys>[0]) => seedKeys(database, DEAD, 'manage'),
  }
  const delays: Record<'alone' | 'beside', number[]> = { alone: [], beside: [] }
  const look = async (crew: Crew, side: keyof typeof delays, customerLast: number) => {
    await untilFollowed(crew.databaseUrl)
    const run = await runLoad(crew, {
      ...{ name: `endpoints ${side}`, title: `webhooks, ${side}`, settings: options.env },
      load: {
        ...{ ratePerSecond: options.rate ?? RATE_PER_SECOND, warmUpMs: WARM_UP_MS, customerLast },
        ...{
          durationMs: form.deadEndpoint.durationMs,
          skew: 'uniform',
          recipientsPerRequest: 1,
          expressShare: 0.2,
        },
      },
    })
    await untilFollowed(crew.databaseUrl)
    const taken = eventDelays(run, endpoints.taken())
    delays[side].push(...taken)
    say(`${side}: ${taken.length} events, p99 ${percentilesOfValues(taken).p99Ms} ms`)
    return run
  }
  const run = await withCrew(crewOptions, async (crew) => {
    const customers = Array.from({ length: DEAD }, (_, index) => 1 + index)
    await createEndpoints(crew.apiUrl, customers, (customer) =>
      customer === DEAD ? endpoints.hangingUrl : endpoints.goodUrl,
    )
    await look(crew, 'alone', LIVING)
    for (let turn = 1; turn < form.deadEndpoint.turns; turn++) {
      await look(crew, 'beside', DEAD)
      await look(crew, 'alone', LIVING)
    }
    return look(crew, 'beside', DEAD)
  })
  await endpoints.close()
  const audit = await auditTables(stage.servers.databaseUrl)
  say(audit.isClean ? 'audit: clean' : 'audit: NOT CLEAN')
  findings.runs.push({ ...run, audit })
  findings.deadEndpoint = {
    alone: percentilesOfValues(delays.alone),
    beside: percentilesOfValues(delays.beside),
  }
}
