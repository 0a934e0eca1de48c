import { setTimeout as pause } from 'node:timers/promises'
import { closeDb, databaseNowMs, openDb } from '../../../src/platform/db/index.ts'
import { identifierMaker } from '../../../src/primitives/identifier.ts'
import type { Baseline } from '../../result.ts'
import type { Bench } from '../bench.ts'
import { auditTables } from '../measure/auditTables.ts'
import { costsBetween, readUsage } from '../measure/usage.ts'
import { ALONE_HUNDRED_NAME, ALONE_ONE_NAME } from '../ratios.ts'
import { ONE_RECIPIENT } from '../scenarios/oneRecipient.ts'
import { seedCustomers } from '../stage/customers.ts'
import { withDatabase } from '../stage/database.ts'
import { freshTables } from '../stage/fresh.ts'
import { BALANCE } from '../stage/withCrew.ts'
import { chooseBest } from './chooseBest.ts'
import { startLife } from './lifeInMysql.ts'
import type { LifeOptions } from './lifeInMysql.ts'
import { countStatements, readStatementCosts } from './statementCosts.ts'
import type { StatementCost } from './statementCosts.ts'

const WARM_UP_MS = 1_500

interface Point {
  settings: { batch: number; workers: number }
  messagesPerSecond: number
  note: string
  statements: StatementCost[]
}

const byRate = (one: Point, other: Point) => other.messagesPerSecond - one.messagesPerSecond

/** Baseline: what the database alone carries with the engine's own statements, at its best batch size. */
export async function mysqlAlone(bench: Bench): Promise<void> {
  await measureAlone(bench, ALONE_HUNDRED_NAME, 100)
  await measureAlone(bench, ALONE_ONE_NAME, 1)
}

async function measureAlone(bench: Bench, name: string, recipientsPerRequest: number): Promise<void> {
  const { stage, form, findings, say } = bench
  const { servers } = stage
  const workersMax = Math.max(...form.alone.workers)
  const db = openDb({
    ...{ url: servers.databaseUrl, maxOpenConns: 2 * workersMax + 3, maxIdleConns: 2 * workersMax + 2 },
    connMaxLifetimeSeconds: 300,
  })
  const newId = identifierMaker(() => databaseNowMs(db))
  const pairs = form.alone.workers.flatMap((workers) =>
    form.alone.batchSizes.map((batchSize) => [batchSize, workers] as const),
  )
  const sweep: Point[] = []
  let best: Point
  try {
    await freshTables(servers)
    await withDatabase(servers.databaseUrl, (database) =>
      seedCustomers(database, ONE_RECIPIENT.customerLast, BALANCE),
    )
    const measure = async (batchSize: number, workers: number, durationMs: number) => {
      const options = { db, newId, batchSize, recipientsPerRequest, workers }
      const point = await measurePoint(bench, options, durationMs)
      const rate = point.messagesPerSecond.toFixed(0)
      say(`${name}, ${workers} x batches of ${batchSize}: ${rate} messages/s; ${point.note}`)
      return point
    }
    for (const pair of pairs) sweep.push(await measure(...pair, form.alone.durationMs))
    // The best of many short looks is partly luck, and pages and logs are paid for later: so the first few once more,
    // for long, and the best of those.
    const finals: Point[] = []
    for (const { settings } of sweep.toSorted(byRate).slice(0, form.alone.finalists))
      finals.push(await measure(settings.batch, settings.workers, form.alone.bestDurationMs))
    const found = chooseBest(finals)
    if (!found) return
    best = found
  } finally {
    await closeDb(db)
  }
  const { isClean } = await auditTables(servers.databaseUrl)
  if (!isClean) throw new Error(`${name}: the audit found something`)
  findings.baselines.push(toBaseline(name, recipientsPerRequest, best, sweep))
  if (best.statements.length === 0) return
  findings.statements = [...(findings.statements ?? []), { title: name, costs: best.statements }]
}

async function measurePoint({ stage }: Bench, options: LifeOptions, runMs: number): Promise<Point> {
  const processes = { mysql: stage.servers.database.pids(), bench: [process.pid] }
  const life = startLife(options)
  await pause(WARM_UP_MS)
  const adminUrl = stage.servers.databaseAdminUrl
  const isCounted = await countStatements(adminUrl)
  const [endedBefore, before] = [life.ended(), readUsage(processes)]
  await pause(runMs)
  const [messages, after] = [life.ended() - endedBefore, readUsage(processes)]
  const durationMs = after.atMs - before.atMs
  const statements = isCounted ? await readStatementCosts(adminUrl, { messages, durationMs }) : []
  await life.stop()
  const costs = costsBetween(before, after, messages)
  const describe = (part: 'mysql' | 'bench', what: string) =>
    `${what} ${costs[part]?.microsPerMessage.toFixed(0)} µs a message, ${costs[part]?.cores.toFixed(2)} cores`
  return {
    settings: { batch: options.batchSize, workers: options.workers },
    messagesPerSecond: (messages * 1_000) / durationMs,
    statements,
    note: `${describe('mysql', 'MySQL')}; ${describe('bench', 'the driver')}`,
  }
}

function toBaseline(name: string, recipients: number, best: Point, sweep: Point[]): Baseline {
  return {
    name,
    title: `MySQL alone: the engine's own statements without HTTP, broker and operators, ${recipients} ${recipients === 1 ? 'recipient' : 'recipients'} a request`,
    messagesPerSecond: best.messagesPerSecond,
    settings: best.settings,
    sweep: sweep.map(({ settings, messagesPerSecond }) => ({ settings, messagesPerSecond })),
    notes: [best.note],
  }
}
