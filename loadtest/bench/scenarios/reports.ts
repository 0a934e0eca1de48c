import { Pool } from 'undici'
import { randomOf } from '../../generator/random.ts'
import type { Bench } from '../bench.ts'
import type { ReportTimes } from '../findings.ts'
import { runNamed } from '../findings.ts'
import { auditTables } from '../measure/auditTables.ts'
import { compareInTurn } from '../measure/compareInTurn.ts'
import { percentilesOfValues } from '../measure/countedPercentiles.ts'
import { carriedOfOffered, messagesPerSecond } from '../measure/sustained.ts'
import { withDatabase } from '../stage/database.ts'
import type { Database } from '../stage/database.ts'
import { fillRollups } from '../stage/fillRollups.ts'
import { BENCH_KEY_PREFIX, seedKeys } from '../stage/keyedCustomers.ts'
import type { Sender } from '../stage/rollupRows.ts'
import { withCrew } from '../stage/withCrew.ts'
import { ONE_RECIPIENT } from './oneRecipient.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const RATE_START = 1_500
const SEED = 20_260_103
/** Reports that are read beside S1, one after the other. */
const READS_PER_SECOND = 2
const LARGE = 1
/** A million messages a day, and ten million in 30 days by the others together, very unevenly. */
const LARGE_PER_DAY = 1_000_000
const OTHERS_PER_DAY = 10_000_000 / 30
const TEHRAN = 'Asia/Tehran'

interface Look {
  path: string
  granularity: 'minute' | 'hour' | 'day'
  rangeMs: number
  query?: Record<string, string>
}

/** Of the large customer, the longest range that its number of rows allows, or 30 days. */
const LOOKS: Look[] = [
  { path: 'messages', granularity: 'day', rangeMs: 30 * DAY_MS },
  { path: 'messages', granularity: 'day', rangeMs: 30 * DAY_MS, query: { time_zone: TEHRAN } },
  { path: 'messages', granularity: 'hour', rangeMs: 7 * DAY_MS, query: { group_by: 'status' } },
  { path: 'messages', granularity: 'minute', rangeMs: DAY_MS },
  { path: 'spend', granularity: 'day', rangeMs: 30 * DAY_MS, query: { group_by: 'operator,country' } },
  { path: 'spend', granularity: 'hour', rangeMs: 7 * DAY_MS, query: { time_zone: TEHRAN } },
  { path: 'delivery', granularity: 'day', rangeMs: 30 * DAY_MS },
  { path: 'delivery', granularity: 'day', rangeMs: 9 * DAY_MS, query: { time_zone: TEHRAN } },
  { path: 'delivery', granularity: 'hour', rangeMs: 3 * DAY_MS, query: { group_by: 'operator' } },
  { path: 'delivery', granularity: 'minute', rangeMs: 6 * HOUR_MS },
  { path: 'top', granularity: 'day', rangeMs: 30 * DAY_MS, query: { by: 'country', time_zone: TEHRAN } },
]

/** Reports of a customer with a million messages a day and of smaller ones, alone and beside S1, in turn with S1 alone. */
export async function reports(bench: Bench): Promise<void> {
  const { stage, stopList, options, findings, form, say } = bench
  const { days, others, looks, turns, time } = form.reports
  const crewOptions = {
    ...{ stage, stopList, env: options.env, customers: ONE_RECIPIENT.customerLast },
    fill: async (database: Database) => {
      await seedKeys(database, others + 1, 'read')
      await withDatabase(adminUrlOf(stage.servers), async (admin) => {
        // No replica or backup needs these rows in the binary log.
        await admin.run('SET sql_log_bin = 0')
        const { rows } = await fillRollups(admin, sendersOf(others), days, say)
        say(`${rows} rows of rollups, and no messages: reports read nothing else`)
      })
    },
  }
  const s1 = runNamed(findings, 'S1')
  const { alone, beside, compared } = await withCrew(crewOptions, async (crew) => {
    const reader = openReader(crew.apiUrl, { days, others })
    for (let round = 0; round < looks; round++) await reader.lookAtAll()
    const alone = reader.take()
    alone.forEach((each) => say(describe(each)))
    const compared = await compareInTurn(
      bench,
      {
        ...{ name: 'S1', title: 'S1 beside readers of reports', start: RATE_START, turns, time },
        known: s1 && messagesPerSecond(s1),
      },
      [
        {
          ...{ name: 'beside reports', crew, load: ONE_RECIPIENT },
          prepare: () => Promise.resolve(reader.start()),
          carriedIn: async (run) => {
            await reader.stop()
            return carriedOfOffered(run)
          },
        },
        { name: 'without', crew, load: ONE_RECIPIENT },
      ],
    ).finally(() => reader.close())
    return { alone, beside: reader.take(), compared }
  })
  const audit = await auditTables(stage.servers.databaseUrl)
  say(audit.isClean ? 'audit: clean' : 'audit: NOT CLEAN')
  findings.reports = {
    ...{ alone, beside },
    comparison: {
      ...{ scenario: 'S1', against: 'without', turns: compared.turns },
      ...{ ours: compared.subject, theirs: compared.reference },
    },
  }
}

function adminUrlOf({ databaseAdminUrl, databaseUrl }: Bench['stage']['servers']): string {
  const url = new URL(databaseAdminUrl)
  url.pathname = new URL(databaseUrl).pathname
  return url.href
}

/** The others by Zipf's law: the first of them sends a third. */
function sendersOf(others: number): Sender[] {
  const weights = Array.from({ length: others }, (_, index) => 1 / (index + 1))
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  const large = {
    ...{ userId: LARGE, messagesPerDay: LARGE_PER_DAY },
    countries: [
      { country: 'IR', share: 0.9, operators: ['operator-a', 'operator-b'] },
      { country: 'TR', share: 0.06, operators: ['operator-a'] },
      { country: 'DE', share: 0.04, operators: ['operator-c'] },
    ],
  }
  const rest = weights.map((weight, index) => ({
    ...{ userId: LARGE + 1 + index, messagesPerDay: (OTHERS_PER_DAY * weight) / total },
    countries: [
      { country: 'IR', share: 0.95, operators: ['operator-a', 'operator-b'] },
      { country: 'AE', share: 0.05, operators: ['operator-c'] },
    ],
  }))
  return [large, ...rest]
}

/** Reads reports of random ranges, on one connection and without a cache. */
function openReader(apiUrl: string, { days, others }: { days: number; others: number }) {
  const pool = new Pool(apiUrl, { connections: 1 })
  const random = randomOf(SEED)
  const taken = new Map<string, ReportTimes & { ms: number[] }>()
  let going: { isEnding: boolean; ended: Promise<void> } | undefined
  const lookAt = async (look: Look, customer: number) => {
    const ms = await timeReport(pool, look, customer, randomRange(look, days, random))
    const title = titleOf(look)
    const who = customer === LARGE ? 'a million a day' : 'smaller'
    const key = `${title} ${who}`
    const times = taken.get(key) ?? { look: title, who, times: percentilesOfValues([]), ms: [] }
    taken.set(key, times)
    times.ms.push(ms)
  }
  const smaller = () => LARGE + 1 + Math.floor(random() * others)
  const goOn = async (state: { isEnding: boolean }) => {
    for (let turn = 0; !state.isEnding; turn++) {
      const startMs = performance.now()
      const look = LOOKS[turn % LOOKS.length] as Look
      await lookAt(look, Math.floor(turn / LOOKS.length) % 2 === 0 ? LARGE : smaller())
      const leftMs = 1_000 / READS_PER_SECOND - (performance.now() - startMs)
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, leftMs)))
    }
  }
  return {
    async lookAtAll() {
      for (const look of LOOKS) {
        await lookAt(look, LARGE)
        await lookAt(look, smaller())
      }
    },
    start() {
      const state = { isEnding: false }
      going = Object.assign(state, { ended: goOn(state) })
      going.ended.catch(() => {})
    },
    async stop() {
      if (!going) return
      going.isEnding = true
      await going.ended
    },
    /** The times since it was called last. */
    take(): ReportTimes[] {
      const found = [...taken.values()].map(({ ms, look, who }) => ({
        look,
        who,
        times: percentilesOfValues(ms),
      }))
      taken.clear()
      return found
    },
    close: () => pool.close(),
  }
}

function titleOf({ path, granularity, rangeMs, query = {} }: Look): string {
  const range = rangeMs < DAY_MS ? `${rangeMs / HOUR_MS} h` : `${rangeMs / DAY_MS} d`
  return [path, range, `by ${granularity}`, ...Object.values(query)].join(' ')
}

/** Within what is kept of the level that it reads. */
function randomRange({ granularity, rangeMs }: Look, days: number, random: () => number) {
  const keptMs = (granularity === 'minute' ? 7.9 : days - 1) * DAY_MS
  const lengthMs = Math.min(rangeMs, keptMs)
  const toMs = Date.now() - random() * (keptMs - lengthMs)
  return { from: new Date(toMs - lengthMs).toISOString(), to: new Date(toMs).toISOString() }
}

async function timeReport(
  pool: Pool,
  { path, granularity, query }: Look,
  customer: number,
  range: { from: string; to: string },
): Promise<number> {
  const startMs = performance.now()
  const { statusCode, body } = await pool.request({
    ...{ method: 'GET', path: `/v1/reports/${path}`, query: { ...range, granularity, ...query } },
    headers: { 'x-api-key': `${BENCH_KEY_PREFIX}${customer}` },
  })
  const text = await body.text()
  if (statusCode !== 200) throw new Error(`the report ${path} was answered with ${statusCode}: ${text}`)
  return performance.now() - startMs
}

function describe({ look, who, times: { p50Ms, p99Ms } }: ReportTimes): string {
  return `${look}, ${who}: p50 ${p50Ms.toFixed(1)} ms, p99 ${p99Ms.toFixed(1)} ms`
}
