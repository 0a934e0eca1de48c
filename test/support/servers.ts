import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { connect } from 'amqplib'
import { sql } from 'kysely'
import { startServers } from '../../dev/servers.ts'
import type { TlsFiles } from '../../dev/servers/databaseServer.ts'
import type { Broker, Engine, Servers } from '../../dev/servers.ts'
import { fetchBroker, fetchEngine } from '../../dev/servers/fetch.ts'
import { givenServers } from '../../dev/servers/given.ts'
import { printProgress } from '../../dev/servers/printProgress.ts'
import { TEST_FOLDER, removeAbandoned } from '../../dev/tests/removeAbandoned.ts'
import { deadLetterQueueOf } from '../../src/outbox/topology.ts'
import { closeDb, migrate, openDb, read } from '../../src/platform/db/index.ts'
import type { Db, Reader } from '../../src/platform/db/index.ts'
import { DEFAULT_QUEUES, assertEmpty, leaveEmpty } from './callersServers.ts'

/** What all tests run against: the caller's own servers, or private ones that the suite started. */
interface Ground {
  databaseUrl: string
  amqpUrl: string
  /** Only of private servers: those may be stopped, killed and wiped. */
  servers?: Servers
}

/** An empty database and empty queues of their own, for one test file. */
export interface Stack {
  databaseUrl: string
  amqpUrl: string
  queues: { normal: string; express: string }
  /** For looking and for arranging; the engine under test has its own. */
  db: Db
  drop(): Promise<void>
}

const TABLES = [
  'report_minutes',
  'report_quarters',
  'report_days',
  'report_changes',
  'holds',
  'event_queue',
  'event_log',
  'event_sequences',
  'message_callbacks',
  'webhook_deliveries',
  'webhook_endpoints',
  'webhook_secrets',
  'tariffs',
  'tariffs_revision',
  'operators',
  'operators_revision',
  'operator_quotas',
  'operator_health',
  'receipt_polls',
  'process_states',
  'admin_sessions',
  'admin_actions',
  'exports',
  'api_keys',
  'customers',
  'admin_log',
  'idempotency_keys',
  'outbox_events',
  'sms_quarantine',
  'bulk_messages',
  'bulks',
  'audit_accounts',
  'removed_weeks',
  'removed_ledger',
  'operator_messages',
  'operator_message_parts',
  'part_references',
  'part_reference_counters',
  'waiting_receipts',
  'receipts',
  'delivery_attempts',
  'deadline_misses',
  'message_references',
  'message_tags',
  'sms_status',
  'sms_requests',
  'user_transactions',
  'user_balances',
] as const

/** Each table's deletion waits for a disk that others use as well. */
const EMPTY_TIMEOUT_MS = 120_000

let ground: Ground | undefined
/** Whatever this run writes, inside the checkout; the process id is its last part. */
const runFolder = (name: string) => join(TEST_FOLDER, `${name}-${process.pid}`)
let dataDir: string | undefined
let stacks = 0
let ownServers = 0

/** Before several processes start servers of their own, one of them unpacks what is missing. */
export async function fetchTestServers(): Promise<void> {
  const { engine, broker } = chosen()
  const onProgress = printProgress(process.stderr)
  await Promise.all([fetchEngine(engine, onProgress), fetchBroker(broker, onProgress)])
}

export async function startTestServers(): Promise<void> {
  await removeAbandoned()
  const given = givenServers(process.env)
  if (given) {
    await assertEmpty(given.databaseUrl, given.amqpUrl)
    ground = given
  } else {
    const { engine, broker } = chosen()
    dataDir = runFolder(`${engine}-${broker}`)
    const servers = await startServers({ dataDir, engine, broker, onProgress: printProgress(process.stderr) })
    ground = { databaseUrl: servers.databaseUrl, amqpUrl: servers.amqpUrl, servers }
  }
  await migrate(ground.databaseUrl)
}

export async function stopTestServers(): Promise<void> {
  if (ground && !ground.servers) await leaveEmpty(ground.databaseUrl)
  await ground?.servers?.stop()
  for (const folder of [dataDir, runFolder('logs')])
    if (folder !== undefined) await rm(folder, { recursive: true, force: true })
  ground = undefined
}

function chosen(): { engine: Engine; broker: Broker } {
  const { DB_ENGINE: engine = 'mysql', BROKER: broker = '4.3' } = process.env
  return { engine: engine as Engine, broker: broker as Broker }
}

/** A folder for one engine's log, gone with the run. */
export async function logFolder(): Promise<string> {
  await mkdir(runFolder('logs'), { recursive: true })
  return resolve(await mkdtemp(join(runFolder('logs'), 'engine-')))
}

/** Servers of a test's own, beside the suite's; with files of TLS they offer that. Whoever starts them removes them. */
export async function startOwnServers(tls?: TlsFiles): Promise<Servers & { remove(): Promise<void> }> {
  const folder = resolve(runFolder(`own-${++ownServers}`))
  const servers = await startServers({ dataDir: folder, ...chosen(), ...(tls ? { tls } : {}) })
  const remove = async () => {
    await servers.stop()
    await rm(folder, { recursive: true, force: true })
  }
  return { ...servers, remove }
}

export function chosenEngine(): Engine {
  return chosen().engine
}

/** The suite's own servers. A test that stops them skips itself, with the reason, where they are the caller's. */
export function privateServers(test: Mocha.Context): Servers {
  const servers = standOn().servers
  if (!servers) {
    console.error('skipped: this test stops servers, and DATABASE_URL and AMQP_URL name your own')
    return test.skip()
  }
  return servers
}

export async function freshStack(): Promise<Stack> {
  const { databaseUrl, amqpUrl } = standOn()
  const db = openDb({ url: databaseUrl, maxOpenConns: 10, maxIdleConns: 5, connMaxLifetimeSeconds: 300 })
  await emptyTables(db)
  const number = ++stacks
  const queues = { normal: `test.${number}.normal`, express: `test.${number}.express` }
  const drop = async () => {
    await closeDb(db)
    await deleteQueues(amqpUrl, [...Object.values(queues), ...Object.values(DEFAULT_QUEUES)])
  }
  return { databaseUrl, amqpUrl, queues, db, drop }
}

/** DELETE, because TRUNCATE of a small table takes ten times as long. */
export async function emptyTables(db: Db): Promise<void> {
  const work = async (reader: Reader) => {
    for (const table of TABLES) await sql`DELETE FROM ${sql.table(table)}`.execute(reader)
    await sql`UPDATE report_positions SET folded_until = UNHEX(REPEAT('0', 32))`.execute(reader)
  }
  await read(db, 'test.empty', work, EMPTY_TIMEOUT_MS)
}

function standOn(): Ground {
  if (!ground) throw new Error('the tests run through "npm test", which starts the servers')
  return ground
}

async function deleteQueues(amqpUrl: string, names: string[]): Promise<void> {
  const connection = await connect(amqpUrl)
  const channel = await connection.createChannel()
  for (const name of names) {
    await channel.deleteQueue(name)
    await channel.deleteQueue(deadLetterQueueOf(name))
  }
  await connection.close()
}
