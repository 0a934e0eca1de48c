import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { startServers } from '../../dev/servers.ts'
import { chooseEngines } from '../../dev/servers/chooseEngines.ts'
import type { StopList } from '../../dev/processes/stopList.ts'
import { LOCAL } from '../../dev/stack/folders.ts'
import { migrateDatabase, startEngine, startSimulator } from '../../dev/stack/programs.ts'
import type { Program } from '../../dev/stack/programs.ts'
import { ADMIN_KEY } from './giveKeys.ts'

/** The folder of `make hostile`: removed after a clean run, otherwise kept until the next run. */
export const HOSTILE_FOLDER = join(LOCAL, 'hostile')

/** Starts new servers, two simulated operators, one for test keys, and the engine. */
export async function setStage(
  env: NodeJS.ProcessEnv,
  onProgress: (line: string) => void,
  stopList: StopList,
): Promise<{ engine: Program; databaseUrl: string }> {
  await mkdir(HOSTILE_FOLDER, { recursive: true, mode: 0o700 })
  const choice = await chooseEngines(env, { mayFallBack: true, onProgress })
  if (choice.fallback !== undefined) onProgress(choice.fallback)
  onProgress('starting the database, the broker, the operators and the engine ...')
  const servers = await startServers({ dataDir: join(HOSTILE_FOLDER, 'data'), ...choice, onProgress })
  stopList.add(() => servers.stop())
  const { databaseUrl, amqpUrl } = servers
  await migrateDatabase(databaseUrl)
  const [a, b, ofTestKeys] = await Promise.all(
    ['operator-a', 'operator-b', 'operator-test'].map(async (name, index) => {
      const operator = await startSimulator({ name, seed: index + 1, logFile: logFile(name) })
      stopList.add(() => operator.stop())
      return operator
    }),
  )
  if (!a || !b || !ofTestKeys) throw new Error('three operators were to be started')
  const exports = join(HOSTILE_FOLDER, 'exports')
  await mkdir(exports, { recursive: true })
  const engine = await startEngine({
    databaseUrl,
    amqpUrl,
    operatorUrls: { a: a.url, b: b.url },
    logFile: logFile('engine'),
    env: { ADMIN_API_KEY: ADMIN_KEY, TEST_OPERATOR_URL: ofTestKeys.url, EXPORT_FOLDER: exports },
  })
  stopList.add(() => engine.stop())
  return { engine, databaseUrl }
}

export function wipe(): Promise<void> {
  return rm(HOSTILE_FOLDER, { recursive: true, force: true })
}

function logFile(name: string): string {
  return join(HOSTILE_FOLDER, 'logs', `${name}.log`)
}
