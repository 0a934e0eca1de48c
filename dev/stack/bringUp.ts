import { randomBytes } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { StopList } from '../processes/stopList.ts'
import { startServers } from '../servers.ts'
import { chooseEngines } from '../servers/chooseEngines.ts'
import { givenServers, withoutPassword } from '../servers/given.ts'
import type { Report } from '../servers/printProgress.ts'
import type { Server } from '../servers/server.ts'
import { giveDemoClient } from './demoClient.ts'
import { givenSettings, MADE_HERE } from './givenSettings.ts'
import { giveInitialBalance, hasNoCustomers } from './initialBalance.ts'
import { migrateDatabase, startEngine } from './programs.ts'
import { startSimulatedOperators } from './simulatedOperators.ts'
import { logFileOf, programPart, UP_FOLDER, type StackPart, type StackState } from './state.ts'
import { startTraces } from './traces.ts'

export interface BringUpOptions {
  /** DB_ENGINE and BROKER, or DATABASE_URL and AMQP_URL, and the engine's own settings. */
  env: NodeJS.ProcessEnv
  port: number
  onProgress: Report
}

const ADMIN_KEY_BYTES = 24

interface ServersUp {
  databaseUrl: string
  amqpUrl: string
  parts: StackPart[]
  fallback?: string
}

/** Starts servers (or takes the given ones), simulated operators and the engine; resolves when all are ready. */
export async function bringUp(options: BringUpOptions, stopList: StopList): Promise<StackState> {
  const { env, port, onProgress } = options
  const given = givenServers(env)
  const servers = given ? useGiven(given) : await bringServers(options, stopList)
  const { databaseUrl, amqpUrl, parts, fallback } = servers
  onProgress('migrating the database')
  await migrateDatabase(databaseUrl)
  const isEmpty = await hasNoCustomers(databaseUrl)
  // A database of the caller's that is in use must not get a key that everyone knows.
  if (!given || isEmpty) await giveDemoClient(databaseUrl, env)

  onProgress('starting the simulated operators and the engine')
  const adminKey = env['ADMIN_API_KEY'] || randomBytes(ADMIN_KEY_BYTES).toString('base64url')
  const operators = await startSimulatedOperators({ env, apiPort: port, logsFolder: UP_FOLDER }, stopList)
  const traces = await startTraces(env, stopList)
  const exports = join(UP_FOLDER, 'exports')
  await mkdir(exports, { recursive: true, mode: 0o700 })
  const engine = await startEngine({
    databaseUrl,
    amqpUrl,
    port,
    logFile: logFileOf('engine'),
    // The endpoints of a developer are on this machine.
    env: {
      WEBHOOK_ALLOW_PRIVATE: 'yes',
      EXPORT_FOLDER: exports,
      ...traces.settings,
      ...settingsOf(env),
      ADMIN_API_KEY: adminKey,
      ...operators.settings,
    },
  })
  stopList.add(() => engine.stop())
  if (isEmpty) await giveInitialBalance(engine.url)
  return {
    parts: [...parts, ...operators.parts, ...traces.parts, programPart(engine, 'API', [])],
    apiUrl: engine.url,
    adminKey,
    databaseUrl,
    amqpUrl,
    given: givenSettings(env),
    operatorSettings: operators.settings,
    ...(traces.url === undefined ? {} : { tracesUrl: traces.url }),
    ...(fallback === undefined ? {} : { fallback }),
  }
}

/** What the caller sets for the engine (prices, log level) holds; addresses are the ones made here. */
function settingsOf(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const made = ['DATABASE_URL', 'AMQP_URL', 'PORT', ...MADE_HERE]
  return Object.fromEntries(Object.entries(env).filter(([name]) => !made.includes(name)))
}

function useGiven(given: { databaseUrl: string; amqpUrl: string }): ServersUp {
  const part = (name: string, url: string) => ({ name, url: withoutPassword(url), notes: [], processes: [] })
  return { ...given, parts: [part('database', given.databaseUrl), part('broker', given.amqpUrl)] }
}

async function bringServers({ env, onProgress }: BringUpOptions, stopList: StopList): Promise<ServersUp> {
  const { fallback, ...choice } = await chooseEngines(env, { mayFallBack: true, onProgress })
  onProgress('starting the database and the broker')
  const servers = await startServers({ dataDir: join(UP_FOLDER, 'data'), ...choice, onProgress })
  stopList.add(() => servers.stop())
  const { databaseUrl, amqpUrl, database, broker } = servers
  return {
    databaseUrl,
    amqpUrl,
    parts: [serverPart('database', databaseUrl, database), serverPart('broker', amqpUrl, broker)],
    ...(fallback === undefined ? {} : { fallback }),
  }
}

function serverPart(name: string, url: string, server: Server): StackPart {
  return { name, url, notes: [`${server.name} ${server.version}`], processes: server.processes() }
}
