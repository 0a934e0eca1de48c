import { setTimeout as pause } from 'node:timers/promises'
import { simulatorAdmin } from '../../../simulator/client.ts'
import { identifierFromBytes } from '../../../src/primitives/identifier.ts'
import type { RunResult } from '../../result.ts'
import type { Bench } from '../bench.ts'
import type { Deadlines } from '../findings.ts'
import { auditTables } from '../measure/auditTables.ts'
import { compareMisses } from '../measure/compareMisses.ts'
import { percentilesOfValues } from '../measure/countedPercentiles.ts'
import { listMisses } from '../measure/listMisses.ts'
import { sqlEnd, sqlStart } from '../measure/window.ts'
import type { Crew } from '../stage/crew.ts'
import { withDatabase } from '../stage/database.ts'
import type { Database } from '../stage/database.ts'
import { BENCH_KEY_PREFIX, seedKeys } from '../stage/keyedCustomers.ts'
import { OPERATOR_LATENCY_MS, startOperators } from '../stage/operators.ts'
import type { Operators } from '../stage/operators.ts'
import { CUSTOMERS, runBesideBacklog, WARM_UP_MS } from './expressBesideBacklog.ts'

const SLOW_MS = 5_000
const EXPRESS_PER_SECOND = 200
const PRICE = 3
/** The generator needs some of it to start; the rest is measured time, so that the change itself is measured. */
const SLOWED_AFTER_MS = 1_500
const ADMIN_KEY = 'the-admin-key-of-the-benchmark-alone'
/** All messages of a run, and room. */
const REFERENCES_MAX = 1_000_000

/**
 * Express while normal messages wait and operator A, which is asked first, takes 5 s for each answer from the first second of
 * the measured time on: with hedging, and without. The engine's list of misses is compared with the operators' records.
 */
export async function deadlines(bench: Bench): Promise<void> {
  const { stage, stopList, findings } = bench
  const { logFolder, checkout } = stage
  const operators = await startOperators(logFolder, stopList, checkout, { referencesMax: REFERENCES_MAX })
  const recorded = { ...bench, stage: { ...stage, operators } }
  findings.deadlines = []
  for (const isHedged of [true, false]) findings.deadlines.push(await look(recorded, isHedged))
}

async function look(bench: Bench, isHedged: boolean): Promise<Deadlines> {
  const { stage, form, options, findings, say } = bench
  const slowness = slowDown(stage.operators)
  let figures: Omit<Deadlines, 'isClean'> | undefined
  const run = await runBesideBacklog(bench, {
    name: isHedged ? 'hedged' : 'not hedged',
    title: `express with operator A at ${SLOW_MS / 1_000} s, ${isHedged ? 'hedging' : 'no hedging'}`,
    ...{ waiting: form.waitingMessages, expressPerSecond: options.rate ?? EXPRESS_PER_SECOND },
    ...{ durationMs: form.deadlines.durationMs, apiKeyPrefix: BENCH_KEY_PREFIX },
    env: { ADMIN_API_KEY: ADMIN_KEY },
    fill: (database) => setTerms(database, isHedged),
    // The rest of the backlog adds no information.
    onLoad: { before: slowness.begin, after: slowness.end },
    onEnded: async (crew, loaded) => {
      figures = { isHedged, ...(await readDeadlines(crew, loaded, stage.operators, slowness.msAt)) }
    },
  })
  const audit = await auditTables(stage.servers.databaseUrl)
  findings.runs.push({ ...run, audit })
  if (!figures) throw new Error('the load was not followed to its end')
  const { p50Ms, p99Ms } = figures.handOver
  say(`${run.name}: p50 ${p50Ms} ms, p99 ${p99Ms} ms; audit ${audit.isClean ? 'clean' : 'NOT CLEAN'}`)
  return { ...figures, isClean: audit.isClean }
}

/** Keys, hedging of all customers or of none, and a tariff that gives the price of a miss back. */
async function setTerms(database: Database, isHedged: boolean): Promise<void> {
  await seedKeys(database, CUSTOMERS)
  await database.run('UPDATE customers SET hedge = ?', [isHedged])
  await database.run(
    `INSERT INTO tariffs (user_id, type, destination_prefix, valid_from, valid_until, per, price, refund_missed, created_at)
     VALUES (NULL, 'express', '', '2020-01-01', NULL, 'message', ?, TRUE, NOW(3))`,
    [PRICE],
  )
}

/** Operator A is slow from the first second of the measured time until the load is over. */
function slowDown(operators: Operators) {
  let slowed = Promise.resolve()
  let fromMs = Infinity
  let untilMs = Infinity
  const slow = async () => {
    await pause(WARM_UP_MS + SLOWED_AFTER_MS)
    await simulatorAdmin(operators.urls.a).change({ latency: { kind: 'fixed', ms: SLOW_MS } })
    fromMs = Date.now()
  }
  return {
    begin: () => {
      slowed = slow()
      slowed.catch(() => {})
      return Promise.resolve()
    },
    end: async () => {
      await slowed
      untilMs = Date.now()
      await operators.behave({})
    },
    /** How long A took for an answer to what it took then. */
    msAt: (takenAtMs: number) => (takenAtMs >= fromMs && takenAtMs < untilMs ? SLOW_MS : OPERATOR_LATENCY_MS),
  }
}

async function readDeadlines(
  crew: Crew,
  { startedAtEpochMs: startEpochMs = 0, durationMs }: RunResult,
  { urls }: Operators,
  slowMsAt: (takenAtMs: number) => number,
): Promise<Omit<Deadlines, 'isClean' | 'isHedged'>> {
  const misses = await listMisses(crew.apiUrl, ADMIN_KEY)
  const paid = misses.filter(({ compensation }) => compensation === 'paid')
  const window = { startEpochMs, durationMs }
  const [messages, times] = await withDatabase(crew.databaseUrl, (database) =>
    Promise.all([
      database.rows<{ id: Buffer; guaranteed_by: Date }>(
        `SELECT sms_identifier AS id, guaranteed_by FROM sms_requests WHERE type = 'express'`,
      ),
      database.rows<{ ms: number }>(
        `SELECT TIMESTAMPDIFF(MICROSECOND, s.created_at, s.handed_over_at) / 1000 AS ms
         FROM sms_requests r JOIN sms_status s ON s.sms_identifier = r.sms_identifier
         WHERE r.type = 'express' AND s.status = 'done' AND s.created_at >= ? AND s.created_at < ?`,
        [sqlStart(window), sqlEnd(window)],
      ),
    ]),
  )
  const guaranteed = messages.map(({ id, guaranteed_by }) => ({
    ...{ id: identifierFromBytes(id), guaranteedByMs: guaranteed_by.getTime() },
  }))
  const records = await compareMisses(guaranteed, new Set(misses.map(({ message_id }) => message_id)), [
    { takings: simulatorAdmin(urls.a).submissions(), latencyMsAt: slowMsAt },
    { takings: simulatorAdmin(urls.b).submissions(), latencyMsAt: () => OPERATOR_LATENCY_MS },
  ])
  return {
    ...records,
    handOver: percentilesOfValues(times.map(({ ms }) => Number(ms))),
    hedges: await readHedges(crew.urlOf('consumer')),
    missed: misses.length,
    compensated: {
      messages: paid.length,
      amount: paid.reduce((sum, { compensated_cents }) => sum + compensated_cents, 0),
      ofPrices: misses.filter(({ cause }) => cause === 'late').length * PRICE,
    },
  }
}

async function readHedges(consumerUrl: string): Promise<Deadlines['hedges']> {
  const lines = (await (await fetch(`${consumerUrl}/metrics`)).text()).split('\n')
  const sum = (start: string) =>
    lines
      .filter((line) => line.startsWith(start))
      .reduce((all, line) => all + Number(line.split(' ').at(-1)), 0)
  return {
    sent: sum('chapar_hedges_total{result="sent"'),
    won: sum('chapar_hedges_total{result="won"'),
    withheld: sum('chapar_hedges_withheld_total{'),
  }
}
