import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { StopList } from '../../dev/processes/stopList.ts'
import { startServers } from '../../dev/servers.ts'
import type { Servers } from '../../dev/servers.ts'
import { chooseEngines } from '../../dev/servers/chooseEngines.ts'
import { LOCAL } from '../../dev/stack/folders.ts'
import { migrateDatabase, startSimulator } from '../../dev/stack/programs.ts'
import type { Program } from '../../dev/stack/programs.ts'
import { checkOutOld } from './otherCheckout.ts'
import type { OldCheckout } from './otherCheckout.ts'
import { openTcpProxy } from '../../dev/tcpProxy.ts'
import type { TcpProxy } from '../../dev/tcpProxy.ts'
import { closeDb, openDb } from '../../src/platform/db/index.ts'
import type { Db } from '../../src/platform/db/index.ts'
import { simulatorAdmin } from '../../simulator/client.ts'
import type { SimulatorAdmin } from '../../simulator/client.ts'

export const CHAOS_FOLDER = join(LOCAL, 'chaos')

/** A simulated operator, its control API for the proof, and the link over which the engine reaches it. */
export interface StagedOperator {
  name: string
  program: Program
  admin: SimulatorAdmin
  link: TcpProxy
}

/** Everything that the engine depends on, with a link to each that can be broken. */
export interface Stage {
  servers: Servers
  /** For looking and arranging, past the links. */
  db: Db
  databaseLink: TcpProxy
  brokerLink: TcpProxy
  operators: readonly [StagedOperator, StagedOperator]
  folder: string
  /** The checkout of the commit to upgrade from; undefined: this clone lacks the baseline. */
  oldCheckout: OldCheckout | undefined
}

/** How fast an operator is, if nothing else is wanted: slow enough that something is always in flight. */
export const USUAL = { latency: { kind: 'uniform', minMs: 5, maxMs: 80 } } as const

export async function setStage(
  env: NodeJS.ProcessEnv,
  folder: string,
  stopList: StopList,
  { upgradeFrom, onProgress }: { upgradeFrom?: string | undefined; onProgress: (line: string) => void },
): Promise<Stage> {
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const choice = await chooseEngines(env, { mayFallBack: true, onProgress })
  const servers = await startServers({
    ...{ dataDir: join(folder, 'data'), engine: choice.engine, broker: choice.broker },
    onProgress,
  })
  stopList.add(() => servers.stop())
  const oldCheckout = await checkOutOld(upgradeFrom, { folder, stopList, say: onProgress })
  // The present version's migrations follow under load (../upgrade.ts).
  await migrateDatabase(servers.databaseUrl, oldCheckout?.folder)
  const db = openDb({
    ...{ url: servers.databaseUrl, maxOpenConns: 6, maxIdleConns: 4 },
    connMaxLifetimeSeconds: 300,
  })
  stopList.add(() => closeDb(db))
  const link = async (url: string) => {
    const proxy = await openTcpProxy(url)
    stopList.add(() => proxy.close())
    return proxy
  }
  const operator = async (name: string, seed: number): Promise<StagedOperator> => {
    const program = await startSimulator({ name, seed, logFile: join(folder, 'logs', `${name}.log`) })
    stopList.add(() => program.stop())
    const admin = simulatorAdmin(program.url)
    await admin.behave(USUAL)
    return { name, program, admin, link: await link(program.url) }
  }
  return {
    ...{ servers, db, folder, oldCheckout },
    databaseLink: await link(servers.databaseUrl),
    brokerLink: await link(servers.amqpUrl),
    operators: [await operator('operator-a', 1), await operator('operator-b', 2)],
  }
}
