import { setTimeout as pause } from 'node:timers/promises'
import { closeDb, databaseNowMs, openDb } from '../../../src/platform/db/index.ts'
import { identifierMaker } from '../../../src/primitives/identifier.ts'
import type { Bench } from '../bench.ts'
import { auditTables } from '../measure/auditTables.ts'
import { costsBetween, readUsage } from '../measure/usage.ts'
import { ONE_RECIPIENT } from '../scenarios/oneRecipient.ts'
import { seedCustomers } from '../stage/customers.ts'
import { withDatabase } from '../stage/database.ts'
import { freshTables } from '../stage/fresh.ts'
import { BALANCE } from '../stage/withCrew.ts'
import { startLife } from './lifeInMysql.ts'
import type { LifeOptions } from './lifeInMysql.ts'
import { countStatements, readStatementCosts } from './statementCosts.ts'
import type { StatementCost } from './statementCosts.ts'

const WARM_UP_MS = 1_500

/** Recipients of one transaction, and transactions at once. */
export type AloneSettings = Record<'batch' | 'workers', number>

/** The rate of the database with these settings. */
export interface Point {
  settings: AloneSettings
  messagesPerSecond: number
  note: string
  statements: StatementCost[]
}

export type Measure = (settings: AloneSettings, durationMs: number) => Promise<Point>

/** Runs `work` with a function that measures the database alone on fresh tables, and audits the tables afterwards. */
export async function withAlone<T>(
  bench: Bench,
  { name, recipientsPerRequest }: { name: string; recipientsPerRequest: number },
  use: (measure: Measure) => Promise<T>,
): Promise<T> {
  const { stage, form, say } = bench
  const { servers } = stage
  const workersMax = Math.max(...form.alone.workers)
  const db = openDb({
    ...{ url: servers.databaseUrl, maxOpenConns: 2 * workersMax + 3, maxIdleConns: 2 * workersMax + 2 },
    connMaxLifetimeSeconds: 300,
  })
  const newId = identifierMaker(() => databaseNowMs(db))
  let result: T
  try {
    await freshTables(servers)
    await withDatabase(servers.databaseUrl, (database) =>
      seedCustomers(database, ONE_RECIPIENT.customerLast, BALANCE),
    )
    result = await use(async ({ batch, workers }, durationMs) => {
      const options = { db, newId, batchSize: batch, recipientsPerRequest, workers }
      const point = await measurePoint(bench, options, durationMs)
      const rate = point.messagesPerSecond.toFixed(0)
      say(`${name}, ${workers} x batches of ${batch}: ${rate} messages/s; ${point.note}`)
      return point
    })
  } finally {
    await closeDb(db)
  }
  const { isClean } = await auditTables(servers.databaseUrl)
  if (!isClean) throw new Error(`${name}: the audit found something`)
  return result
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
