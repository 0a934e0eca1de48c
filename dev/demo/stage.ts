import { randomBytes } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { connect } from 'amqplib'
import { createConnection, type RowDataPacket } from 'mysql2/promise'
import { simulatorAdmin } from '../../simulator/client.ts'
import { SETTINGS } from '../../src/roles/settings.ts'
import { demoApi } from './api.ts'
import { writeOperatorsFile } from './operatorsFile.ts'
import type { Page } from './page.ts'
import type { Stage } from './story.ts'
import type { StopList } from '../processes/stopList.ts'
import { startServers } from '../servers.ts'
import { chooseEngines } from '../servers/chooseEngines.ts'
import { assertUnused } from '../servers/createServer.ts'
import { givenServers, withoutPassword, type GivenServers } from '../servers/given.ts'
import { LOCAL } from '../stack/folders.ts'
import { migrateDatabase, smppUrlOf, startEngine, startSimulator } from '../stack/programs.ts'
import type { Program, SimulatorOptions } from '../stack/programs.ts'

/** Everything of `make demo`: gone after a run that went well, else kept until the next one. */
export const DEMO_FOLDER = join(LOCAL, 'demo')
const DATA_FOLDER = join(DEMO_FOLDER, 'data')
export const LOGS_FOLDER = join(DEMO_FOLDER, 'logs')
const OPERATORS_FILE = join(DEMO_FOLDER, 'operators.yml')
const ADMIN_KEY_BYTES = 24

interface Ground extends GivenServers {
  /** The caller's own: what is in them stays. */
  isGiven: boolean
  fallback?: string
}

export interface Setting {
  stage: Stage
  isGiven: boolean
  fallback?: string
}

/** Starts servers (or takes the given ones), three operators and the engine, and finds an unused customer id. */
export async function setStage(env: NodeJS.ProcessEnv, page: Page, stopList: StopList): Promise<Setting> {
  const given = givenServers(env)
  const ground = given ? await takeGiven(given, page) : await startPrivateServers(env, page, stopList)
  const { databaseUrl, amqpUrl, isGiven, fallback } = ground
  const operators = await startOperators(page, stopList)
  const { a, b, c } = operators
  const urls = { a: a.url, b: b.url, c: smppUrlOf(c) }
  await writeOperatorsFile(OPERATORS_FILE, urls)
  const adminKey = randomBytes(ADMIN_KEY_BYTES).toString('base64url')
  const engine = await startEngine({
    databaseUrl,
    amqpUrl,
    logFile: join(LOGS_FOLDER, 'engine.log'),
    env: {
      OPERATORS_FILE,
      ADMIN_API_KEY: adminKey,
      // The customer's webhook endpoint is on this machine.
      WEBHOOK_ALLOW_PRIVATE: 'yes',
    },
  })
  stopList.add(() => engine.stop())
  page.say(`${'engine'.padEnd(10)}  ${engine.url}`)
  const customerId = await findUnusedCustomer(databaseUrl)
  const stage = {
    api: demoApi(engine.url),
    databaseUrl,
    customerId,
    operators: { a: simulatorAdmin(a.url), b: simulatorAdmin(b.url) },
    smpp: {
      ...{ engineUrl: engine.url, adminKey, customerId, operatorsFile: OPERATORS_FILE },
      ...{ c: simulatorAdmin(c.url), smppUrl: urls.c },
    },
  }
  return { stage, isGiven, ...(fallback === undefined ? {} : { fallback }) }
}

async function startOperators(page: Page, stopList: StopList): Promise<Record<'a' | 'b' | 'c', Program>> {
  const start = async (options: Pick<SimulatorOptions, 'name' | 'seed' | 'smpp'>) => {
    const operator = await startSimulator({ ...options, logFile: join(LOGS_FOLDER, `${options.name}.log`) })
    stopList.add(() => operator.stop())
    const smpp = options.smpp ? ` and ${smppUrlOf(operator)}` : ''
    page.say(`${options.name.padEnd(10)}  ${operator.url}${smpp}, simulated`)
    return operator
  }
  const [a, b, c] = await Promise.all([
    start({ name: 'operator-a', seed: 1 }),
    start({ name: 'operator-b', seed: 2 }),
    start({ name: 'operator-c', seed: 3, smpp: { port: 0 } }),
  ])
  return { a, b, c }
}

export async function wipe(): Promise<void> {
  assertUnused(DATA_FOLDER)
  for (const path of [DATA_FOLDER, LOGS_FOLDER, OPERATORS_FILE])
    await rm(path, { recursive: true, force: true })
}

async function startPrivateServers(env: NodeJS.ProcessEnv, page: Page, stopList: StopList): Promise<Ground> {
  const onProgress = page.progress
  const { fallback, ...choice } = await chooseEngines(env, { mayFallBack: true, onProgress })
  page.say('starting the database and the broker ...')
  const servers = await startServers({ dataDir: DATA_FOLDER, ...choice, onProgress })
  stopList.add(() => servers.stop())
  const { databaseUrl, amqpUrl, database, broker } = servers
  page.say(`${'database'.padEnd(10)}  ${database.name} ${database.version}, port ${database.port}`)
  page.say(`${'broker'.padEnd(10)}  ${broker.name} ${broker.version}, port ${broker.port}`)
  return { databaseUrl, amqpUrl, isGiven: false, ...(fallback === undefined ? {} : { fallback }) }
}

async function takeGiven(given: GivenServers, page: Page): Promise<Ground> {
  await migrateDatabase(given.databaseUrl)
  await assertIdle(given)
  page.say(`${'database'.padEnd(10)}  ${withoutPassword(given.databaseUrl)}`)
  page.say(`${'broker'.padEnd(10)}  ${withoutPassword(given.amqpUrl)}`)
  return { ...given, isGiven: true }
}

/** The demo's simulated operators must not receive real messages. */
async function assertIdle({ databaseUrl, amqpUrl }: GivenServers): Promise<void> {
  const [row] = await ask(
    databaseUrl,
    'SELECT COUNT(*) AS open FROM (SELECT 1 FROM outbox_events LIMIT 1) some',
  )
  if (row?.['open'] !== 0)
    throw new Error('the database of DATABASE_URL has unsent messages: use an empty one')
  const connection = await connect(amqpUrl)
  connection.on('error', () => {})
  try {
    for (const { default: queue } of [SETTINGS.NORMAL_QUEUE, SETTINGS.EXPRESS_QUEUE]) {
      const channel = await connection.createChannel()
      channel.on('error', () => {})
      const found = await channel.checkQueue(queue).catch(() => undefined)
      if (found && found.consumerCount > 0)
        throw new Error('another engine consumes from AMQP_URL: stop it first')
    }
  } finally {
    await connection.close()
  }
}

async function findUnusedCustomer(databaseUrl: string): Promise<number> {
  const [row] = await ask(databaseUrl, 'SELECT COALESCE(MAX(user_id), 0) + 1 AS next FROM user_balances')
  return Number(row?.['next'])
}

async function ask(databaseUrl: string, sql: string): Promise<RowDataPacket[]> {
  const connection = await createConnection({ uri: databaseUrl })
  try {
    const [rows] = await connection.query<RowDataPacket[]>(sql)
    return rows
  } finally {
    await connection.end()
  }
}
