import { join } from 'node:path'
import { startEngine } from '../../../dev/stack/programs.ts'
import type { Program } from '../../../dev/stack/programs.ts'
import type { Part } from '../../result.ts'
import type { Processes } from '../measure/usage.ts'
import type { Stage } from './stage.ts'

/** The engine as a user runs it, a process for each role. */
export interface Crew {
  apiUrl: string
  databaseUrl: string
  /** Of the role's process: its probes and metrics. */
  urlOf(role: Role): string
  /** The processes of every part, the servers' and this program's included. */
  processes(): Processes
  /** Messages that the operators have accepted so far. */
  taken(): Promise<number>
  stop(): Promise<void>
}

export interface CrewOptions {
  stage: Stage
  /** Settings of all roles, over the engine's own defaults. */
  env: Record<string, string>
  /** All three, unless said otherwise. */
  roles?: readonly Role[]
  /** Of the API; a free one by default. */
  apiPort?: number
}

export const ROLES = ['api', 'relay', 'consumer'] as const
export type Role = (typeof ROLES)[number]

/** Starts all processes. If one does not start, it stops the others. */
export async function startCrew({ stage, env, roles = ROLES, apiPort }: CrewOptions): Promise<Crew> {
  const { servers, operators, logFolder, checkout } = stage
  const { databaseUrl, amqpUrl } = servers
  await operators.forget()
  const started = await Promise.allSettled(
    roles.map((role) =>
      startEngine({
        ...{ name: role, role, env, checkout, databaseUrl, amqpUrl, operatorUrls: operators.urls },
        logFile: join(logFolder, `${role}.log`),
        ...(role === 'api' && apiPort !== undefined && { port: apiPort }),
      }),
    ),
  )
  const engines = started.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
  const stop = async () => void (await Promise.all(engines.map((engine) => engine.stop())))
  const failed = started.find((result) => result.status === 'rejected')
  if (failed) {
    await stop()
    throw failed.reason
  }
  const urlOf = (role: Role) => engines.find(({ name }) => name === role)?.url ?? ''
  return {
    ...{ apiUrl: urlOf('api'), databaseUrl, urlOf },
    processes: () => ({
      ...Object.fromEntries(engines.map((engine) => [engine.name, pidsOf(engine)])),
      mysql: servers.database.pids(),
      rabbitmq: servers.broker.pids(),
      simulators: operators.pids(),
      bench: [process.pid],
    }),
    taken: () => operators.taken(),
    stop,
  }
}

function pidsOf(program: Program): number[] {
  return program.processes().map(({ pid }) => pid)
}

/** The parts that belong to the engine. */
export function isEngine(part: Part): part is Role {
  return (ROLES as readonly string[]).includes(part)
}
