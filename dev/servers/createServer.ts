import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { describeExit, lastLinesOf, launch, type Launched } from '../processes/launch.ts'
import { DATA_MARK, findMarked } from '../processes/marks.ts'
import { waitUntil } from '../processes/waitUntil.ts'
import type { Server, ServerParts } from './server.ts'

// A start after a kill replays logs first. On a two-core machine a start takes some seconds, and minutes beside a load of 25.
const START_TIMEOUT_MS = 300_000
const PROBE_INTERVAL_MS = 50

/** A server ended by itself before it served. Usually another program took its port meanwhile. */
export class EndedWhileStarting extends Error {
  override readonly name = 'EndedWhileStarting'
}

/** Throws when servers of another run work on this folder: a second pair on the same files would destroy them. */
export function assertUnused(dataDir: string): void {
  const pids = findMarked(DATA_MARK, dataDir).map(({ pid }) => pid)
  if (pids.length === 0) return
  throw new Error(
    `${dataDir} is in use by servers that run already (process ${pids.join(', ')}): stop those first`,
  )
}

/** @param dataDir the folder that this server shares with its pair. */
export function createServer(parts: ServerParts, dataDir: string): Server {
  let running: Launched | undefined

  async function start(): Promise<void> {
    if (running && !running.exit()) return
    await parts.prepare()
    const { env, ...command } = parts.command()
    running = await launch({ ...command, env: { ...env, [DATA_MARK]: dataDir }, logFile: parts.logFile })
    try {
      await waitUntilServing(parts, running)
    } catch (error) {
      await running.kill()
      throw error
    }
  }

  const processes = () => running?.processes() ?? []
  return {
    name: parts.name,
    version: parts.version,
    port: parts.port,
    logFile: parts.logFile,
    processes,
    pids: () => processes().map(({ pid }) => pid),
    start,
    async stop() {
      await running?.stop(parts.stopGraceMs)
    },
    async kill() {
      await running?.kill()
    },
    async wipe() {
      if (processes().length > 0)
        throw new Error(`${parts.name} is running: stop it before its data is removed`)
      if (existsSync(parts.dataFolder)) await rm(parts.dataFolder, { recursive: true })
    },
  }
}

async function waitUntilServing(parts: ServerParts, running: Launched): Promise<void> {
  const serves = async () => {
    const exit = running.exit()
    if (exit) {
      const message = `${parts.name} ${describeExit(exit)} while starting`
      // A signal is no accident.
      throw exit.signal ? new Error(message) : new EndedWhileStarting(message)
    }
    return parts.probe().then(
      () => true,
      () => false,
    )
  }
  const what = `${parts.name} to serve on port ${parts.port}`
  try {
    await waitUntil(serves, { what, timeoutMs: START_TIMEOUT_MS, intervalMs: PROBE_INTERVAL_MS })
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    const message = `${reason}; its log ends:\n${lastLinesOf(running.output())}`
    if (error instanceof EndedWhileStarting) throw new EndedWhileStarting(message)
    throw new Error(message, { cause: error })
  }
}
