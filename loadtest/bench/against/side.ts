import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { StopList } from '../../../dev/processes/stopList.ts'
import { migrateDatabase } from '../../../dev/stack/programs.ts'
import { openApi } from '../../api.ts'
import { addToEach, apiWallet } from '../../wallet.ts'
import { auditTables } from '../measure/auditTables.ts'
import { startCrew } from '../stage/crew.ts'
import type { Crew } from '../stage/crew.ts'
import { withDatabase } from '../stage/database.ts'
import { startOperators } from '../stage/operators.ts'
import type { Stage } from '../stage/stage.ts'
import { BALANCE } from '../stage/withCrew.ts'
import type { RunResult } from '../../result.ts'
import type { OtherCommit } from './checkOut.ts'

/** One of the two commits that are compared: its sources, operators, database and virtual host. */
export interface Side {
  /** In tables: `this` or the other commit's short hash. */
  name: string
  stage: Stage
  virtualHost: string
}

/** Nothing else runs yet, and the engine batches concurrent top-ups into one transaction. */
const TOP_UP_CONNECTIONS = 200
const OTHER = 'chapar_against'
/** The broker user that the servers were started with. */
const USER = 'chapar'

export function thisSide(stage: Stage): Side {
  return { name: 'this', stage, virtualHost: new URL(stage.servers.amqpUrl).pathname.slice(1) }
}

/** The other commit beside this one, on the same servers. Its simulators are its own, too. */
export async function otherSide(stage: Stage, other: OtherCommit, stopList: StopList): Promise<Side> {
  const { servers } = stage
  const logFolder = join(stage.logFolder, other.name)
  await mkdir(logFolder, { recursive: true })
  const operators = await startOperators(logFolder, stopList, other.folder)
  const [databaseUrl, amqpUrl] = [servers.databaseUrl, servers.amqpUrl].map(withOtherPath)
  return {
    name: other.name,
    stage: {
      ...{ ...stage, operators, logFolder, checkout: other.folder },
      servers: { ...servers, databaseUrl: databaseUrl ?? '', amqpUrl: amqpUrl ?? '' },
    },
    virtualHost: OTHER,
  }
}

function withOtherPath(text: string): string {
  const url = new URL(text)
  url.pathname = `/${OTHER}`
  return url.href
}

export interface SideOptions {
  env: Record<string, string>
  customers: number
  stopList: StopList
}

/** An empty database and virtual host, the side's engine on them, customers with money; stopped when the work is over. */
export async function withSide<T>(
  side: Side,
  { env, customers, stopList }: SideOptions,
  use: (crew: Crew) => Promise<T>,
): Promise<T> {
  await emptyServers(side)
  const crew = await startCrew({ stage: side.stage, env })
  stopList.add(() => crew.stop())
  try {
    await topUpCustomers(crew.apiUrl, customers)
    return await use(crew)
  } finally {
    await crew.stop()
  }
}

/** The audit of the side's own commit, which knows its tables. */
export function auditSide({ stage }: Side): Promise<NonNullable<RunResult['audit']>> {
  return auditTables(stage.servers.databaseUrl, stage.checkout)
}

/** Another commit may have other tables and queues, so database and virtual host are recreated. */
async function emptyServers({ stage, virtualHost }: Side): Promise<void> {
  const { servers, checkout } = stage
  const database = new URL(servers.databaseUrl).pathname.slice(1)
  await withDatabase(servers.databaseAdminUrl, async (admin) => {
    await admin.run('DROP DATABASE IF EXISTS ??', [database])
    await admin.run('CREATE DATABASE ?? CHARACTER SET utf8mb4', [database])
  })
  await migrateDatabase(servers.databaseUrl, checkout)
  // It does not exist before the first look.
  await servers.managementCtl(['delete_vhost', virtualHost]).catch(() => '')
  await servers.managementCtl(['add_vhost', virtualHost])
  await servers.managementCtl(['set_permissions', '--vhost', virtualHost, USER, '.*', '.*', '.*'])
}

/** Over HTTP, because the commits' tables differ. */
async function topUpCustomers(apiUrl: string, customers: number): Promise<void> {
  const api = openApi(apiUrl, TOP_UP_CONNECTIONS)
  try {
    const ids = Array.from({ length: customers }, (_, index) => 1 + index)
    await addToEach(apiWallet(api), ids, BALANCE, () => {}, TOP_UP_CONNECTIONS)
  } finally {
    await api.close()
  }
}
