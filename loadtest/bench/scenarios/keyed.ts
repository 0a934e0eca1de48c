import type { Comparison } from '../findings.ts'
import type { Bench } from '../bench.ts'
import { runNamed } from '../findings.ts'
import { auditTables } from '../measure/auditTables.ts'
import { compareInTurn } from '../measure/compareInTurn.ts'
import type { Compared } from '../measure/compareInTurn.ts'
import { messagesPerSecond } from '../measure/sustained.ts'
import type { Database } from '../stage/database.ts'
import { BENCH_KEY_PREFIX, seedKeys } from '../stage/keyedCustomers.ts'
import { seedTariffs } from '../stage/tariffs.ts'
import { withCrew } from '../stage/withCrew.ts'
import { HUNDRED_RECIPIENTS } from './hundredRecipients.ts'
import { ONE_RECIPIENT } from './oneRecipient.ts'

const RATE_START = 2_000
const RATE_START_HUNDRED = 100

interface KeyedLoad {
  name: string
  load: Compared['load']
  start: number
}

const LOADS: readonly KeyedLoad[] = [
  { name: 'S1', load: ONE_RECIPIENT, start: RATE_START },
  { name: 'S2', load: HUNDRED_RECIPIENTS, start: RATE_START_HUNDRED },
  { name: 'S3', load: { ...ONE_RECIPIENT, skew: 'one' }, start: RATE_START },
]

/**
 * S1 to S3 through `/v1`: with API keys, idempotency keys, limits, segments and tariffs, in turn with the same load
 * through the route without all of these. One engine takes both, so that they differ in nothing else.
 */
export async function keyed(bench: Bench): Promise<void> {
  bench.findings.keyed = []
  for (const load of LOADS) bench.findings.keyed.push(await compareKeyed(bench, load))
}

async function compareKeyed(bench: Bench, { name, load, start }: KeyedLoad): Promise<Comparison> {
  const { stage, stopList, options, findings, form, say } = bench
  const measured = runNamed(findings, name)
  const title = `${name} with keys`
  const customers = load.customerLast
  const crewOptions = { ...{ stage, stopList, env: options.env, customers }, fill: fillKeys(customers) }
  const { turns, subject, reference } = await withCrew(crewOptions, (crew) =>
    compareInTurn(
      bench,
      {
        ...{ name, title, start, ...form.keyed },
        known: measured && messagesPerSecond(measured) / load.recipientsPerRequest,
      },
      [
        { name: 'with keys', crew, load: { ...load, apiKeyPrefix: BENCH_KEY_PREFIX } },
        { name: 'without', crew, load },
      ],
    ),
  )
  const audit = await auditTables(stage.servers.databaseUrl)
  say(audit.isClean ? 'audit: clean' : 'audit: NOT CLEAN')
  findings.runs.push(...subject.slice(-1).map((run) => ({ ...run, title, audit })))
  return { scenario: name, against: 'without', turns, ours: subject, theirs: reference }
}

function fillKeys(customers: number) {
  return async (database: Database) => {
    await seedKeys(database, customers)
    await seedTariffs(database, customers)
  }
}
