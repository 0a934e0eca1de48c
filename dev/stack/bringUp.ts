import { join } from 'node:path'
import type { StopList } from '../processes/stopList.ts'
import { startServers } from '../servers.ts'
import { chooseEngines } from '../servers/chooseEngines.ts'
import { givenServers, withoutPassword } from '../servers/given.ts'
import { nextFreePort } from '../servers/ports.ts'
import type { Report } from '../servers/printProgress.ts'
import type { Server } from '../servers/server.ts'
import { giveDemoClient } from './demoClient.ts'
import { giveInitialBalance, hasNoCustomers } from './initialBalance.ts'
import { migrateDatabase, startEngine, startSimulator, type Program } from './programs.ts'
import { UP_FOLDER, type StackPart, type StackState } from './state.ts'

export interface BringUpOptions {
  /** DB_ENGINE and BROKER, or DATABASE_URL and AMQP_URL, and the engine's own settings. */
  env: NodeJS.ProcessEnv
  port: number
  onProgress: Report
}

// Any two seeds will do, as long as the operators do not fail in step.
const OPERATOR_A = { name: 'operator-a', seed: 1, port: 9001 }
const OPERATOR_B = { name: 'operator-b', seed: 2, port: 9002 }

interface ServersUp {
  databaseUrl: string
  amqpUrl: string
  parts: StackPart[]
  fallback?: string
}

/** Starts servers (or takes the given ones), two simulated operators and the engine; resolves when all are ready. */
export async function bringUp(options: BringUpOptions, stopList: StopList): Promise<StackState> {
  const { env, port, onProgress } = options
  const given = givenServers(env)
  const servers = given ? useGiven(given) : await bringServers(options, stopList)
  const { databaseUrl, amqpUrl, parts, fallback } = servers
  onProgress('migrating the database')
  await migrateDatabase(databaseUrl)
  const isEmpty = await hasNoCustomers(databaseUrl)
  // A database of the caller's that is in use must not get a key that everyone knows.
  if (!given || isEmpty) await giveDemoClient(databaseUrl)

  onProgress('starting the simulated operators and the engine')
  const a = await startOperator(OPERATOR_A, stopList)
  const b = await startOperator(OPERATOR_B, stopList)
  const engine = await startEngine({
    databaseUrl,
    amqpUrl,
    operatorUrls: { a: a.url, b: b.url },
    port,
    logFile: logFile('engine'),
    env: settingsOf(env),
  })
  stopList.add(() => engine.stop())
  if (isEmpty) await giveInitialBalance(engine.url)
  return {
    parts: [...parts, operatorPart(a), operatorPart(b), programPart(engine, 'API', [])],
    apiUrl: engine.url,
    databaseUrl,
    amqpUrl,
    ...(fallback === undefined ? {} : { fallback }),
  }
}

/** What the caller sets for the engine (prices, log level) holds; addresses are the ones made here. */
function settingsOf(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const made = ['DATABASE_URL', 'AMQP_URL', 'OPERATOR_A_URL', 'OPERATOR_B_URL', 'PORT', 'ROLE']
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

/** On its port, or on the next free one. */
async function startOperator({ name, seed, port }: typeof OPERATOR_A, stopList: StopList): Promise<Program> {
  const operator = await startSimulator({
    name,
    seed,
    port: await nextFreePort(port),
    logFile: logFile(name),
  })
  stopList.add(() => operator.stop())
  return operator
}

function serverPart(name: string, url: string, server: Server): StackPart {
  return { name, url, notes: [`${server.name} ${server.version}`], processes: server.processes() }
}

function operatorPart(operator: Program): StackPart {
  return programPart(operator, operator.name, ['simulator; control API at /admin'])
}

function programPart(program: Program, name: string, notes: string[]): StackPart {
  return { name, url: program.url, notes, processes: program.processes() }
}

function logFile(name: string): string {
  return join(UP_FOLDER, `${name}.log`)
}
