import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describeExit, lastLinesOf, launch, type Exit } from '../processes/launch.ts'
import type { ProcessIdentity } from '../processes/identity.ts'
import { run } from '../processes/run.ts'
import { waitUntil } from '../processes/waitUntil.ts'
import { freePorts } from '../servers/ports.ts'
import { CHECKOUT } from './folders.ts'

// The programs of this project, as arguments of node. npm, the image and the compose file start them alike; with npm and
// the bare image a consumer has the heap of any role.
const PRELOAD = ['--require', './src/runtime.cjs']
const OLD_SPACE = '--max-old-space-size=1024'
// Bounds a process, and makes V8 collect earlier than it would with the gigabytes of a large machine in view: 220 MiB
// at 4,000 messages a second instead of 325, for no more CPU (docs/performance.md).
const HEAP_LIMIT = ['--max-semi-space-size=16', OLD_SPACE]
/**
 * For a consumer alone. Its messages in flight live for some 250 ms under load. If the young space lasts longer, they
 * are collected there instead of being copied out of it (docs/performance.md).
 */
export const CONSUMER_HEAP_LIMIT = ['--min-semi-space-size=36', '--max-semi-space-size=36', OLD_SPACE]
const PROGRAMS = {
  migrate: [...PRELOAD, 'src/migrate.ts'],
  engine: [...HEAP_LIMIT, ...PRELOAD, 'src/main.ts'],
  consumer: [...CONSUMER_HEAP_LIMIT, ...PRELOAD, 'src/main.ts'],
  traceReceiver: [...PRELOAD, 'dev/trace/receiverProgram.ts'],
}
/** Where it is, and where it was in earlier commits, which the benchmark starts as well. */
const SIMULATORS = ['simulator/main.ts', 'src/operators/simulator/main.ts']

const START_TIMEOUT_MS = 60_000
const PROBE_TIMEOUT_MS = 5_000
const MIGRATE_TIMEOUT_MS = 120_000
// Longer than the engine's own deadline for finishing what is in flight.
const STOP_GRACE_MS = 45_000

/** One of the project's programs as a process of its own. It ends with its starter, unless `releaseStarted` says else. */
export interface Program {
  readonly name: string
  readonly url: string
  readonly port: number
  readonly pid: number
  readonly logFile: string
  processes(): ProcessIdentity[]
  /** What it has written since this start. */
  output(): string
  /** How it ended; undefined while it runs. */
  exit(): Exit | undefined
  /** SIGTERM, and SIGKILL after a deadline; resolves to how it ended. */
  stop(): Promise<Exit>
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<Exit>
}

interface CommonOptions {
  /** Names the program in messages. */
  name?: string
  /** A free one by default. Give it to start again at the same address. */
  port?: number
  /** Another checkout than this one, to run another commit's program. */
  checkout?: string | undefined
  /** Appended to. */
  logFile: string
  /** More settings; they win over the ones made here. */
  env?: NodeJS.ProcessEnv
}

export interface EngineOptions extends CommonOptions {
  databaseUrl: string
  amqpUrl: string
  operatorUrls?: { a: string; b: string }
  /** What this process does; everything by default. */
  role?: string
  /** Return when it serves at all (/healthz) instead of when all it needs is there (/readyz). */
  readyAt?: '/readyz' | '/healthz'
}

export interface SimulatorOptions extends CommonOptions {
  name: string
  seed?: number
  /** It speaks SMPP as well; port 0 is a free one, and `smppUrlOf` tells which. */
  smpp?: { port: number; systemId?: string; password?: string }
}

/** Brings a database to the program's version. Rejects with the program's own line when it refuses. */
export async function migrateDatabase(databaseUrl: string, checkout = CHECKOUT): Promise<void> {
  const env = baseEnv({ DATABASE_URL: databaseUrl })
  await run(process.execPath, PROGRAMS.migrate, { env, timeoutMs: MIGRATE_TIMEOUT_MS, cwd: checkout })
}

/** Starts the engine on a migrated database; resolves when it is ready. */
export async function startEngine(options: EngineOptions): Promise<Program> {
  const { name = 'engine', databaseUrl, amqpUrl, operatorUrls, role, readyAt = '/readyz' } = options
  const port = options.port ?? (await freePort())
  const env = baseEnv({
    DATABASE_URL: databaseUrl,
    AMQP_URL: amqpUrl,
    PORT: String(port),
    ...(operatorUrls ? { OPERATOR_A_URL: operatorUrls.a, OPERATOR_B_URL: operatorUrls.b } : {}),
    ...(role ? { ROLE: role } : {}),
    ...options.env,
  })
  const args = role === 'consumer' ? PROGRAMS.consumer : PROGRAMS.engine
  const { checkout, logFile } = options
  return start({ name, port, args, env, logFile, checkout }, async (program) => {
    const response = await fetch(program.url + readyAt, { signal: AbortSignal.timeout(PROBE_TIMEOUT_MS) })
    return response.ok
  })
}

/** Starts a simulated operator; resolves when it listens. Its own routes lie under /admin. */
export async function startSimulator(options: SimulatorOptions): Promise<Program> {
  const { name, seed, smpp } = options
  const port = options.port ?? (await freePort())
  const env = baseEnv({
    NAME: name,
    HOST: '127.0.0.1',
    PORT: String(port),
    ...(seed === undefined ? {} : { SEED: String(seed) }),
    ...(smpp && {
      SMPP_PORT: String(smpp.port),
      SMPP_SYSTEM_ID: smpp.systemId,
      SMPP_PASSWORD: smpp.password,
    }),
    ...options.env,
  })
  const { checkout = CHECKOUT } = options
  const main = SIMULATORS.find((path) => existsSync(join(checkout, path))) ?? ''
  return start({ ...options, port, args: [...PRELOAD, main], env }, (program) =>
    program.output().includes('"listening"'),
  )
}

/** Starts a receiver of spans; resolves when it listens. */
export function startTraceReceiver(options: { port: number; logFile: string }): Promise<Program> {
  const env = baseEnv({ PORT: String(options.port) })
  const args = PROGRAMS.traceReceiver
  return start({ ...options, name: 'traces', args, env }, (program) =>
    program.output().includes('"listening"'),
  )
}

/** @returns the smpp:// address of a simulator that was started with SMPP. */
export function smppUrlOf(simulator: Program): string {
  const url = /"smpp":"([^"]+)"/.exec(simulator.output())?.[1]
  if (url === undefined) throw new Error(`${simulator.name} does not speak SMPP`)
  return url
}

interface StartOptions {
  name: string
  port: number
  args: string[]
  env: Record<string, string>
  logFile: string
  checkout?: string | undefined
}

async function start(
  { name, port, args, env, logFile, checkout = CHECKOUT }: StartOptions,
  isReady: (program: Program) => boolean | Promise<boolean>,
): Promise<Program> {
  const launched = await launch({ command: process.execPath, args, env, cwd: checkout, logFile })
  const program: Program = {
    name,
    port,
    url: `http://127.0.0.1:${port}`,
    pid: launched.identity.pid,
    logFile,
    processes: () => launched.processes(),
    output: () => launched.output(),
    exit: () => launched.exit(),
    stop: () => launched.stop(STOP_GRACE_MS),
    kill: () => launched.kill(),
  }
  const ready = async () => {
    const exit = program.exit()
    if (exit) throw new Error(`${name} ${describeExit(exit)} while starting`)
    // A refused connection is not yet an answer.
    return Promise.resolve(isReady(program)).catch(() => false)
  }
  try {
    await waitUntil(ready, { what: `${name} to be ready`, timeoutMs: START_TIMEOUT_MS })
    return program
  } catch (error) {
    await program.kill()
    const reason = error instanceof Error ? error.message : String(error)
    throw new Error(`${reason}; its log ends:\n${lastLinesOf(program.output())}`, { cause: error })
  }
}

async function freePort(): Promise<number> {
  const [port] = await freePorts(1)
  return port ?? 0
}

/** Little of the caller's environment: a program's settings are the ones named in the call. */
function baseEnv(settings: NodeJS.ProcessEnv): Record<string, string> {
  const { PATH = '/usr/bin:/bin', HOME = '/', TZ } = process.env
  const merged: NodeJS.ProcessEnv = { PATH, HOME, TZ, ...settings }
  return Object.fromEntries(
    Object.entries(merged).filter((entry): entry is [string, string] => entry[1] !== undefined),
  )
}
