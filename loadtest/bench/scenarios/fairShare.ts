import type { Bench } from '../bench.ts'
import type { BulkTime, FairShare } from '../findings.ts'
import { auditTables } from '../measure/auditTables.ts'
import { drain } from '../measure/drain.ts'
import { readBulkTime } from '../measure/figures.ts'
import { offerBulk } from '../measure/offerBulk.ts'
import { runLoad } from '../measure/runLoad.ts'
import type { Crew } from '../stage/crew.ts'
import { withDatabase } from '../stage/database.ts'
import { withCrew } from '../stage/withCrew.ts'
import type { RunResult } from '../../result.ts'

const SMALL_CUSTOMERS = 500
const SMALL_PER_SECOND = 200
const LARGE_CUSTOMER = SMALL_CUSTOMERS + 1
const RECIPIENTS_PER_REQUEST = 10_000
const WARM_UP_MS = 2_000
const DRAIN_TIMEOUT_MS = 600_000

/**
 * One customer offers a million normal messages at once while 500 others send 200 a second together: with fair
 * queueing, first in, first out, and each of the two without the other.
 */
export async function fairShare(bench: Bench): Promise<void> {
  const { findings, form } = bench
  const small = (crew: Crew, name: string, title: string) => sendSmall(bench, crew, name, title)
  const alone = await onFreshTables(bench, {}, (crew) => small(crew, 'small alone', 'small customers alone'))
  const bulkAlone = await onFreshTables(bench, {}, (crew) => sendBulk(bench, crew))
  const beside = (order: string) =>
    onFreshTables(bench, { NORMAL_ORDER: order }, async (crew) => {
      const [run, bulk] = await Promise.all([
        small(crew, order, `small customers beside ${form.fairShare.messages} messages of one, ${order}`),
        sendBulk(bench, crew),
      ])
      return { run, bulk }
    })
  const fair = await beside('fair')
  const fifo = await beside('fifo')
  findings.runs.push(alone, fair.run, fifo.run)
  findings.fairShare = {
    messages: form.fairShare.messages,
    bulkAlone,
    ...{ fairBulk: fair.bulk, fifoBulk: fifo.bulk },
    ...{ aloneP99Ms: p99Of(alone), fairP99Ms: p99Of(fair.run), fifoP99Ms: p99Of(fifo.run) },
  } satisfies FairShare
}

function onFreshTables<T>(
  { stage, stopList, options }: Bench,
  env: Record<string, string>,
  use: (crew: Crew) => Promise<T>,
): Promise<T> {
  const crewOptions = { stage, stopList, env: { ...env, ...options.env }, customers: LARGE_CUSTOMER }
  return withCrew(crewOptions, use)
}

async function sendSmall(bench: Bench, crew: Crew, name: string, title: string): Promise<RunResult> {
  const { form, options, say, stage } = bench
  say(title)
  const run = await runLoad(crew, {
    ...{ name, title, settings: options.env },
    load: {
      ...{ ratePerSecond: SMALL_PER_SECOND, warmUpMs: WARM_UP_MS, durationMs: form.fairShare.durationMs },
      ...{ customerLast: SMALL_CUSTOMERS, skew: 'uniform', recipientsPerRequest: 1, expressShare: 0 },
    },
    drainTimeoutMs: DRAIN_TIMEOUT_MS,
  })
  say(`${name}: p99 from acceptance to hand-over ${p99Of(run).toFixed(0)} ms`)
  return { ...run, audit: await auditTables(stage.servers.databaseUrl) }
}

/** @returns when the large customer's first message was accepted and the last one finished. */
async function sendBulk({ form, say }: Bench, crew: Crew): Promise<BulkTime> {
  const requests = Math.ceil(form.fairShare.messages / RECIPIENTS_PER_REQUEST)
  await offerBulk(crew.apiUrl, { customerId: LARGE_CUSTOMER, requests, recipients: RECIPIENTS_PER_REQUEST })
  return withDatabase(crew.databaseUrl, async (database) => {
    if (!(await drain(database, DRAIN_TIMEOUT_MS))) throw new Error('the backlog was not drained in time')
    const bulk = await readBulkTime(database, LARGE_CUSTOMER)
    say(`${bulk.messages} messages of one customer took ${bulk.seconds.toFixed(1)} s`)
    return bulk
  })
}

function p99Of({ handOver }: RunResult): number {
  return handOver.normal?.p99Ms ?? NaN
}
