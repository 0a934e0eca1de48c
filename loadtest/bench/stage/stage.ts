import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { StopList } from '../../../dev/processes/stopList.ts'
import { killStarted } from '../../../dev/processes/watchdog.ts'
import { startServers } from '../../../dev/servers.ts'
import type { Servers } from '../../../dev/servers.ts'
import { chooseEngines } from '../../../dev/servers/chooseEngines.ts'
import { CHECKOUT, LOCAL } from '../../../dev/stack/folders.ts'
import type { Fact, MachineFacts } from '../../result.ts'
import { readDurability, readVersions } from './durability.ts'
import { describeMachine } from './machine.ts'
import { startOperators } from './operators.ts'
import type { Operators } from './operators.ts'

export const BENCH_FOLDER = join(LOCAL, 'bench')
const DATA_FOLDER = join(BENCH_FOLDER, 'data')

/** The private servers of one benchmark, and their folders. */
export interface Stage {
  servers: Servers
  operators: Operators
  /** The folder whose sources the engine and the operators run from. */
  checkout: string
  /** Logs of the engine's processes. */
  logFolder: string
  machine: MachineFacts
  durability: Fact[]
}

/**
 * Starts servers without any data. They have the same fully durable settings as all private servers of this checkout.
 */
export async function setStage(
  env: NodeJS.ProcessEnv,
  stopList: StopList,
  onProgress: (line: string) => void,
): Promise<Stage> {
  const dataDir = DATA_FOLDER
  const logFolder = join(BENCH_FOLDER, 'logs')
  await Promise.all([dataDir, logFolder].map((folder) => rm(folder, { recursive: true, force: true })))
  await mkdir(dataDir, { recursive: true, mode: 0o700 })
  // The data has some gigabytes after the whole form and is not needed later. It is removed last, when the servers are
  // down.
  stopList.add(removeData)
  const choice = await chooseEngines(env, { mayFallBack: true, onProgress })
  const machine = describeMachine(dataDir, {})
  const servers = await startServers({ dataDir, engine: choice.engine, broker: choice.broker, onProgress })
  stopList.add(() => servers.stop())
  const operators = await startOperators(logFolder, stopList, CHECKOUT)
  const versions = { ...machine.versions, ...(await readVersions(servers)) }
  const durability = await readDurability(servers)
  return {
    ...{ servers, operators, logFolder, durability },
    ...{ checkout: CHECKOUT, machine: { ...machine, versions } },
  }
}

/**
 * Call it after the servers were stopped. A server that was still starting is in no list yet and still writes there.
 */
export async function removeData(): Promise<void> {
  await killStarted()
  await rm(DATA_FOLDER, { recursive: true, force: true })
}
