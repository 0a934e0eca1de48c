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

/** The private servers of one benchmark, and what they run on. */
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

/** Starts servers without any data. They are set as all private servers of this checkout, fully durable. */
export async function setStage(
  env: NodeJS.ProcessEnv,
  stopList: StopList,
  onProgress: (line: string) => void,
): Promise<Stage> {
  const dataDir = DATA_FOLDER
  const logFolder = join(BENCH_FOLDER, 'logs')
  await Promise.all([dataDir, logFolder].map((folder) => rm(folder, { recursive: true, force: true })))
  await mkdir(dataDir, { recursive: true, mode: 0o700 })
  // Some gigabytes after the whole form, and of use to nobody: the last thing to go, when the servers are down.
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

/** Once the servers were stopped. One that was only just starting is in no list yet, and still writes there. */
export async function removeData(): Promise<void> {
  await killStarted()
  await rm(DATA_FOLDER, { recursive: true, force: true })
}
