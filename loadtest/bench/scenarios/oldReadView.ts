import type { Bench } from '../bench.ts'
import type { ClaimLoad } from '../findings.ts'
import { runNamed } from '../findings.ts'
import { auditTables } from '../measure/auditTables.ts'
import { drain } from '../measure/drain.ts'
import { meanMsBetween, readOperationTotals, secondsBetween } from '../measure/operationTimes.ts'
import { runLoad } from '../measure/runLoad.ts'
import { carriedOfOffered, messagesPerSecond } from '../measure/sustained.ts'
import type { Crew } from '../stage/crew.ts'
import { openDatabase, withDatabase } from '../stage/database.ts'
import type { Database } from '../stage/database.ts'
import { insertMessages, makeReady } from '../stage/messages.ts'
import { withCrew } from '../stage/withCrew.ts'
import { ONE_RECIPIENT } from './oneRecipient.ts'

/** Used when S1 was not measured in this run. */
const RATE_DEFAULT = 1_000
const HOUR_MS = 3_600_000
/** At 1,600 messages a second, a tenth of what this machine drains. */
const PASS_TIMEOUT_MS = 300_000
/** The look-up for due rows was called `has_due` before rows had lanes. */
const LOOK_UPS = ['outbox.look_up', 'outbox.has_due']
const SCAN = 'outbox.look_up_all'

/**
 * S1's load twice: without, and beside a transaction whose read view is older than all messages that passed the queue
 * meanwhile, as in a logical backup. Index entries of deleted rows stay until that view is closed.
 */
export async function oldReadView(bench: Bench): Promise<void> {
  const { stage, form, findings, stopList, options, say } = bench
  const { messages } = form.oldReadView
  const customers = ONE_RECIPIENT.customerLast
  const fill = (database: Database) =>
    insertMessages(database, {
      ...{ customerFirst: 1, customers, perCustomer: messages / customers, state: 'waiting' },
      ...{ fromEpochMs: Date.now() - HOUR_MS, overMs: HOUR_MS },
    })
  say(`writing ${messages} messages that wait`)
  await withCrew({ stage, stopList, env: options.env, customers, fill }, async (crew) => {
    say('the load without an old read view')
    const without = await measure(bench, crew, 'no view')
    const view = await openView(stage.servers.databaseUrl)
    try {
      say(`${messages} messages pass the queue beside a read view that stays open`)
      await passThrough(stage.servers.databaseUrl)
      say('the load beside the old read view')
      findings.oldReadView = { messages, without, beside: await measure(bench, crew, 'old view') }
    } finally {
      await view.close()
    }
  })
  const last = findings.runs.pop()
  if (last) findings.runs.push({ ...last, audit: await auditTables(stage.servers.databaseUrl) })
}

async function measure(bench: Bench, crew: Crew, name: string): Promise<ClaimLoad> {
  const { form, findings, options, say } = bench
  const s1 = runNamed(findings, 'S1')
  const ratePerSecond = Math.round(options.rate ?? (s1 ? messagesPerSecond(s1) : RATE_DEFAULT))
  const before = await readOperationTotals(crew.urlOf('relay'))
  const startedAtMs = performance.now()
  const run = await runLoad(crew, {
    ...{ name, title: `S1's load, ${name}`, settings: options.env, onProgress: say },
    load: { ...ONE_RECIPIENT, ...form.oldReadView.time, ratePerSecond },
  })
  const after = await readOperationTotals(crew.urlOf('relay'))
  const seconds = (performance.now() - startedAtMs) / 1_000
  findings.runs.push(run)
  const lookUp = LOOK_UPS.find((operation) => after.has(operation)) ?? ''
  const figures = {
    claimMs: meanMsBetween(before, after, 'outbox.claim'),
    lookUpMs: meanMsBetween(before, after, lookUp),
    scanShare: secondsBetween(before, after, SCAN) / seconds,
    messagesPerSecond: carriedOfOffered(run),
    expressP95Ms: run.handOver.express?.p95Ms ?? NaN,
  }
  say(
    `${figures.messagesPerSecond.toFixed(0)} messages/s, a claim ${figures.claimMs.toFixed(2)} ms, ` +
      `a look-up ${figures.lookUpMs.toFixed(2)} ms, ` +
      `${(figures.scanShare * 100).toFixed(2)} % of the time in look-ups from the beginning`,
  )
  return figures
}

async function openView(databaseUrl: string): Promise<Database> {
  const database = await openDatabase(databaseUrl)
  // Under READ COMMITTED, as in any session of the benchmark, a snapshot would end with its statement.
  await database.run('SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ')
  await database.run('START TRANSACTION WITH CONSISTENT SNAPSHOT')
  return database
}

async function passThrough(databaseUrl: string): Promise<void> {
  await withDatabase(databaseUrl, async (database) => {
    await makeReady(database)
    if (!(await drain(database, PASS_TIMEOUT_MS))) throw new Error('the backlog was not drained in time')
  })
}
