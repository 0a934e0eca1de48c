import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { StopList } from '../../dev/processes/stopList.ts'
import { startServers } from '../../dev/servers.ts'
import type { Servers } from '../../dev/servers.ts'
import { chooseEngines } from '../../dev/servers/chooseEngines.ts'
import { LOCAL } from '../../dev/stack/folders.ts'
import { migrateDatabase } from '../../dev/stack/programs.ts'
import { checkOutOld } from './otherCheckout.ts'
import type { OldCheckout } from './otherCheckout.ts'
import { openTcpProxy } from '../../dev/tcpProxy.ts'
import type { TcpProxy } from '../../dev/tcpProxy.ts'
import { closeDb, openDb } from '../../src/platform/db/index.ts'
import type { Db } from '../../src/platform/db/index.ts'
import { freePorts } from '../../dev/servers/ports.ts'
import { openEndpoints } from '../endpoints/endpointServer.ts'
import type { Endpoints } from '../endpoints/endpointServer.ts'
import { ROLES } from '../steps.ts'
import type { Role } from '../steps.ts'
import { stageOperators } from './operators.ts'
import type { StagedOperators } from './operators.ts'
import { writeOperatorsFile } from './operatorsFile.ts'

export const CHAOS_FOLDER = join(LOCAL, 'chaos')

const PROCESSES_PER_ROLE = 2

/** Everything that the engine depends on, with a link to each that can be broken. */
export interface Stage extends EngineStage {
  servers: Servers
  databaseLink: TcpProxy
  brokerLink: TcpProxy
}

/** What the engine's processes, its clients and the proof need, whatever the servers are. */
export interface EngineStage extends StagedOperators {
  /** For looking and arranging, past the links. */
  db: Db
  databaseLink: { url: string }
  brokerLink: { url: string }
  /** Of the engine's processes. The operators send their receipts to those of the API. */
  ports: Record<Role, number[]>
  /** What the customers' endpoints are: servers of this process. */
  endpoints: Endpoints
  folder: string
  /** The checkout of the commit to upgrade from; undefined: this clone lacks the baseline. */
  oldCheckout: OldCheckout | undefined
  /** Of the present program; the older one knows the addresses of A and B alone. */
  operatorsFile: string
}

export interface StageOptions {
  /** The commit whose program the processes begin with; undefined: the baseline's. */
  upgradeFrom?: string | undefined
  /** Whether they begin with an older program at all. */
  isUpgraded: boolean
  onProgress: (line: string) => void
}

export async function setStage(
  env: NodeJS.ProcessEnv,
  folder: string,
  stopList: StopList,
  { upgradeFrom, isUpgraded, onProgress }: StageOptions,
): Promise<Stage> {
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const choice = await chooseEngines(env, { mayFallBack: true, onProgress })
  const servers = await startServers({
    ...{ dataDir: join(folder, 'data'), engine: choice.engine, broker: choice.broker },
    onProgress,
  })
  stopList.add(() => servers.stop())
  const oldCheckout = isUpgraded
    ? await checkOutOld(upgradeFrom, { folder, stopList, say: onProgress })
    : undefined
  // The present version's migrations follow under load (../upgrade.ts).
  await migrateDatabase(servers.databaseUrl, oldCheckout?.folder)
  const link = linkIn(stopList)
  return {
    ...(await equip(folder, stopList, servers.databaseUrl)),
    ...{ servers, oldCheckout },
    databaseLink: await link(servers.databaseUrl),
    brokerLink: await link(servers.amqpUrl),
  }
}

function linkIn(stopList: StopList) {
  return async (url: string): Promise<TcpProxy> => {
    const proxy = await openTcpProxy(url)
    stopList.add(() => proxy.close())
    return proxy
  }
}

/** Operators, customers' endpoints and what looks at the migrated database: all but the servers and the links to them. */
export async function equip(
  folder: string,
  stopList: StopList,
  databaseUrl: string,
): Promise<Omit<EngineStage, 'databaseLink' | 'brokerLink' | 'oldCheckout'>> {
  const db = openDb({
    ...{ url: databaseUrl, maxOpenConns: 6, maxIdleConns: 4 },
    connMaxLifetimeSeconds: 300,
  })
  stopList.add(() => closeDb(db))
  const ports = await portsOfRoles()
  const operators = await stageOperators({ folder, stopList, link: linkIn(stopList), apiPorts: ports.api })
  const endpoints = await openEndpoints()
  stopList.add(() => endpoints.close())
  const operatorsFile = await writeOperatorsFile(folder, operators.operators)
  return { db, folder, ports, endpoints, operatorsFile, ...operators }
}

async function portsOfRoles(): Promise<Record<Role, number[]>> {
  const ports = await freePorts(ROLES.length * PROCESSES_PER_ROLE)
  const of = (role: Role) => {
    const start = ROLES.indexOf(role) * PROCESSES_PER_ROLE
    return ports.slice(start, start + PROCESSES_PER_ROLE)
  }
  return { api: of('api'), relay: of('relay'), consumer: of('consumer') }
}
