import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describeExit, launch, tailOf } from '../../dev/processes/launch.ts'
import type { Exit, Launched } from '../../dev/processes/launch.ts'
import { run } from '../../dev/processes/run.ts'
import { waitUntil } from '../../dev/processes/waitUntil.ts'
import { freePorts } from '../../dev/servers/ports.ts'
import type { Stack } from '../support/servers.ts'
import { CHECKOUT, dependenciesOf, serviceOf, toSeconds } from './composeFile.ts'
import type { ComposeFile, Condition, Image, Service } from './composeFile.ts'

/** The services of a compose file as processes of this machine. */
export interface Containers {
  /** Where a service of ours is reached. */
  url(service: string): string
  /** Starts a service after what it depends on, and waits until it is what its dependants wait for. */
  until(service: string, condition: Condition): Promise<void>
  /** Asks once what the image's health check asks; throws if that fails. */
  askImage(service: string): Promise<void>
  /** Of a service that runs. */
  pid(service: string): number
  /** SIGTERM to all, with the time that each is given; again is harmless. @returns how each ended. */
  stop(): Promise<Record<string, Exit>>
}

// Five programs start at once on as little as two cores.
const TIMEOUT_MS = 300_000
const HEALTHCHECK_TIMEOUT_MS = 30_000
/** Each question is a process, which takes its time from the programs that start. */
const ASK_EVERY_MS = 500

/** The tests provide these servers, which count as healthy. */
const SERVERS = ['mysql', 'rabbitmq']
/** What Docker and the base image put into every container's environment; none may look like a slip of a setting. */
const BASE_ENVIRONMENT = {
  HOSTNAME: '4f2c9b8ad01e',
  NODE_VERSION: '24.0.0',
  YARN_VERSION: '1.22.22',
  HOME: '/home/node',
}

/** How a command of the image is started. */
export type CommandOf = (command: string[]) => { command: string; args: string[] }

/** `commandOf`: by default with the Node and the checkout of this machine, which the image's are made from. */
export async function createContainers(
  file: ComposeFile,
  image: Image,
  stack: Stack,
  commandOf: CommandOf = onThisMachine,
): Promise<Containers> {
  const folder = mkdtempSync(join(tmpdir(), 'chapar-containers-'))
  const names = Object.keys(file.services)
  const ports = await freePorts(names.length)
  const portOf = (name: string) => ports[names.indexOf(name)] ?? 0
  const launched = new Map<string, Promise<Launched>>()
  const pids = new Map<string, number>()

  const environmentOf = (name: string): Record<string, string> => {
    const { environment } = serviceOf(file, name)
    const moved = Object.entries(environment).map(([key, value]) => [key, move(key, value, name)] as const)
    const { PATH = '/usr/bin:/bin' } = process.env
    return { PATH, ...BASE_ENVIRONMENT, ...image.environment, ...Object.fromEntries(moved) }
  }
  /** A setting that names an address in Docker's network, as it has to be on this machine. */
  const move = (key: string, value: string, name: string): string => {
    // As in a container: not loopback, so that a key is needed.
    if (key === 'LISTEN_ADDR') return `0.0.0.0:${portOf(name)}`
    if (key === 'HOST') return '127.0.0.1'
    if (key === 'PORT') return String(portOf(name))
    if (!value.includes('://')) return value
    const { hostname, pathname } = new URL(value)
    serviceOf(file, hostname)
    if (hostname === 'mysql') return stack.databaseUrl
    if (hostname === 'rabbitmq') return stack.amqpUrl
    return `http://127.0.0.1:${portOf(hostname)}${pathname.replace(/^\/$/, '')}`
  }

  const start = async (name: string): Promise<Launched> => {
    const service = serviceOf(file, name)
    await Promise.all(dependenciesOf(service).map(([other, condition]) => until(other, condition)))
    const program = await launch({
      ...commandOf(service.command ?? image.command),
      env: environmentOf(name),
      cwd: CHECKOUT,
      logFile: join(folder, name),
    })
    pids.set(name, program.identity.pid)
    return program
  }
  const started = (name: string): Promise<Launched> => {
    const there = launched.get(name) ?? start(name)
    launched.set(name, there)
    return there
  }
  const until = async (name: string, condition: Condition): Promise<void> => {
    if (SERVERS.includes(name)) return
    const program = await started(name)
    if (condition === 'service_started') return
    const isReached = async () => {
      const exit = program.exit()
      if (condition === 'service_completed_successfully') return exit !== undefined && assertDone(name, exit)
      if (exit) throw new Error(`${name} ${describeExit(exit)}:\n${tailOf(join(folder, name))}`)
      return ask(commandOf(testOf(serviceOf(file, name), image)), environmentOf(name)).then(
        () => true,
        () => false,
      )
    }
    await waitUntil(isReached, {
      what: `${name}: ${condition}`,
      timeoutMs: TIMEOUT_MS,
      intervalMs: ASK_EVERY_MS,
    })
  }
  const assertDone = (name: string, exit: Exit): boolean => {
    if (exit.code === 0) return true
    throw new Error(`${name} ${describeExit(exit)}:\n${tailOf(join(folder, name))}`)
  }

  return {
    url: (name) => `http://127.0.0.1:${portOf(name)}`,
    until,
    askImage: (name) => ask(commandOf(image.healthcheck), environmentOf(name)),
    pid: (name) => pids.get(name) ?? 0,
    async stop() {
      const ends = [...launched].map(async ([name, starting]) => {
        // One that could not start, because what it depends on did not, has nothing to stop.
        const program = await starting.catch(() => undefined)
        const graceMs = toSeconds(serviceOf(file, name).stop_grace_period ?? '10s') * 1_000
        return program ? [[name, await program.stop(graceMs)] as const] : []
      })
      const exits = Object.fromEntries((await Promise.all(ends)).flat())
      rmSync(folder, { recursive: true, force: true })
      return exits
    },
  }
}

function onThisMachine([program, ...args]: string[]): { command: string; args: string[] } {
  if (program !== 'node') throw new Error(`the image holds no ${program}`)
  return { command: process.execPath, args }
}

/** The service's own test, else the image's. */
function testOf({ healthcheck }: Service, image: Image): string[] {
  const [kind, ...test] = healthcheck.test ?? ['CMD', ...image.healthcheck]
  if (kind !== 'CMD') throw new Error(`a test by ${kind} needs a shell, which is not asked here`)
  return test
}

async function ask(test: ReturnType<CommandOf>, env: Record<string, string>): Promise<void> {
  const { command, args } = test
  await run(command, args, { env, timeoutMs: HEALTHCHECK_TIMEOUT_MS })
}
