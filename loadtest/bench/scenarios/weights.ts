import { setTimeout as pause } from 'node:timers/promises'
import type { Bench } from '../bench.ts'
import type { Shares } from '../findings.ts'
import { auditTables } from '../measure/auditTables.ts'
import { offerBulk } from '../measure/offerBulk.ts'
import { sqlEnd, sqlStart } from '../measure/window.ts'
import type { Crew } from '../stage/crew.ts'
import { startCrew } from '../stage/crew.ts'
import { withDatabase } from '../stage/database.ts'
import type { Database } from '../stage/database.ts'
import { BENCH_KEY_PREFIX, seedKeys } from '../stage/keyedCustomers.ts'
import { withCrew } from '../stage/withCrew.ts'

/** Of customers 1, 2 and 3. */
export const WEIGHTS = [1, 2, 4]
/** At which the messages of customer 4 leave at most. */
export const BOUND_PER_SECOND = 50
const BOUND_CUSTOMER = WEIGHTS.length + 1
const RECIPIENTS_PER_REQUEST = 10_000
const CALLS_PER_SECOND_MAX = 20
/** Until the operators' pace is found and as much is in flight as will be. */
const SETTLE_MS = 15_000

/**
 * Three customers with a backlog of the same size, which two operators of 20 calls a second hand over, and a fourth one that
 * is bound to 50 parts a second: with weights of 1, 2 and 4, and with weights of 1 and no bound. The backlogs are accepted
 * before the consumer starts, and outlast the measured time.
 */
export async function weights(bench: Bench): Promise<void> {
  const { stage, findings } = bench
  await stage.operators.behave({ callsPerSecondMax: CALLS_PER_SECOND_MAX })
  try {
    const plain = await share(bench, 'weights of 1, no bound', () => Promise.resolve())
    const weighted = await share(bench, 'weights of 1, 2 and 4, and a bound', setPlans)
    findings.weights = { plain, weighted }
  } finally {
    await stage.operators.behave({})
  }
}

async function setPlans(database: Database): Promise<void> {
  for (const [index, weight] of WEIGHTS.entries())
    await database.run('UPDATE customers SET normal_weight = ? WHERE user_id = ?', [weight, index + 1])
  const bound = [BOUND_PER_SECOND, BOUND_CUSTOMER]
  await database.run('UPDATE customers SET sending_parts_per_second = ? WHERE user_id = ?', bound)
}

async function share(
  bench: Bench,
  title: string,
  plan: (database: Database) => Promise<void>,
): Promise<Shares> {
  const { stage, stopList, options, say } = bench
  const fill = async (database: Database) => {
    await seedKeys(database, BOUND_CUSTOMER)
    await plan(database)
  }
  const crewOptions = { stage, stopList, env: options.env, customers: BOUND_CUSTOMER, fill }
  const shares = await withCrew({ ...crewOptions, roles: ['api', 'relay'] }, async (crew) => {
    await offerBacklogs(bench, crew)
    const consumer = await startCrew({ ...crewOptions, roles: ['consumer'] })
    stopList.add(() => consumer.stop())
    try {
      return await measure(bench, crew)
    } finally {
      await consumer.stop()
    }
  })
  const { isClean } = await auditTables(stage.servers.databaseUrl)
  say(
    `${title}: ${shares.perSecond.map((rate) => rate.toFixed(1)).join(', ')} a second; audit ${isClean ? 'clean' : 'NOT CLEAN'}`,
  )
  return { ...shares, isClean }
}

/** The bound customer's part is enough for its rate, and less than it would send without. */
async function offerBacklogs({ form, say }: Bench, { apiUrl }: Crew): Promise<void> {
  const { messages } = form.weights
  say(`accepting ${messages} messages of each of ${WEIGHTS.length} customers`)
  const requests = Math.ceil(messages / RECIPIENTS_PER_REQUEST)
  const bulkOf = (customerId: number) => ({
    ...{ customerId, requests: customerId === BOUND_CUSTOMER ? 1 : requests },
    ...{ recipients: RECIPIENTS_PER_REQUEST, apiKey: BENCH_KEY_PREFIX + customerId },
  })
  // The bound one last: its rate begins to count at its acceptance.
  await Promise.all(WEIGHTS.map((_, index) => offerBulk(apiUrl, bulkOf(index + 1))))
  await offerBulk(apiUrl, bulkOf(BOUND_CUSTOMER))
}

async function measure({ form, say }: Bench, crew: Crew): Promise<Omit<Shares, 'isClean'>> {
  const { durationMs } = form.weights
  await pause(SETTLE_MS)
  const window = { startEpochMs: Date.now(), durationMs }
  say(`measuring for ${durationMs / 1_000} s`)
  await pause(durationMs)
  return withDatabase(crew.databaseUrl, async (database) => {
    const rows = await database.rows<{ user_id: number; parts: number }>(
      `SELECT user_id, COUNT(*) AS parts FROM sms_status
       WHERE status = 'done' AND handed_over_at >= ? AND handed_over_at < ? GROUP BY 1`,
      [sqlStart(window), sqlEnd(window)],
    )
    const perSecondOf = (userId: number) =>
      ((rows.find(({ user_id }) => user_id === userId)?.parts ?? 0) * 1_000) / durationMs
    return {
      perSecond: WEIGHTS.map((_, index) => perSecondOf(index + 1)),
      boundPerSecond: perSecondOf(BOUND_CUSTOMER),
    }
  })
}
