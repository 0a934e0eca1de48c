import type { Bench } from '../bench.ts'
import { auditTables } from '../measure/auditTables.ts'
import { runLoad } from '../measure/runLoad.ts'
import { withDatabase } from '../stage/database.ts'
import { BENCH_KEY_PREFIX, seedKeys } from '../stage/keyedCustomers.ts'
import { withCrew } from '../stage/withCrew.ts'

const PARTS_PER_SECOND = 100
const BURST = 200
const OFFERED_PER_SECOND = 1_000
const API_PROCESSES = 2
/** Counted as well: the bucket is full at the first request and never again. */
const WARM_UP_MS = 1_000

/**
 * One customer with a limit of 100 parts a second and a burst of 200, offered 1,000 a second over two API processes. The
 * accepted parts are counted by the database's times, from the first one for as long as the load lasts.
 */
export async function limit(bench: Bench): Promise<void> {
  const { stage, stopList, options, findings, form, say } = bench
  const env = { ...options.env, API_PROCESSES: `${API_PROCESSES}` }
  const { durationMs } = form.limit
  const crewOptions = { stage, stopList, env, customers: 1, fill: fillLimited }
  const run = await withCrew(crewOptions, (crew) =>
    runLoad(crew, {
      ...{ name: 'limit', title: `${PARTS_PER_SECOND} parts/s of one customer, over two API processes` },
      settings: { ...env, limit: PARTS_PER_SECOND, burst: BURST },
      load: {
        ...{ ratePerSecond: options.rate ?? OFFERED_PER_SECOND, warmUpMs: WARM_UP_MS, durationMs },
        ...{ customerLast: 1, skew: 'one', recipientsPerRequest: 1, expressShare: 0 },
        apiKeyPrefix: BENCH_KEY_PREFIX,
      },
      onProgress: say,
    }),
  )
  const accepted = await countAccepted(stage.servers.databaseUrl, durationMs)
  const admitted = (PARTS_PER_SECOND * durationMs) / 1_000
  findings.limit = { accepted, atLeast: admitted + BURST / 2, atMost: admitted + BURST }
  say(`${accepted} parts accepted in ${durationMs / 1_000} s; answers ${JSON.stringify(run.answers)}`)
  findings.runs.push({ ...run, audit: await auditTables(stage.servers.databaseUrl) })
}

async function fillLimited(database: Parameters<typeof seedKeys>[0]): Promise<void> {
  await seedKeys(database, 1)
  await database.run('UPDATE customers SET parts_per_minute = ?, parts_burst = ?', [
    PARTS_PER_SECOND * 60,
    BURST,
  ])
}

async function countAccepted(databaseUrl: string, durationMs: number): Promise<number> {
  return withDatabase(databaseUrl, async (database) => {
    const [row] = await database.rows<{ accepted: number }>(
      `SELECT COUNT(*) AS accepted FROM sms_status
       WHERE created_at < (SELECT MIN(created_at) FROM sms_requests) + INTERVAL ? SECOND`,
      [durationMs / 1_000],
    )
    return Number(row?.accepted)
  })
}
