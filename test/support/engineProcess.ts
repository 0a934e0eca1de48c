import { join } from 'node:path'
import { startEngine } from '../../dev/stack/programs.ts'
import type { Program } from '../../dev/stack/programs.ts'
import { logFolder } from './servers.ts'
import type { Stack } from './servers.ts'
import { sharedSimulators } from './simulators.ts'

/** The engine as a process of its own, as a user runs it, on a stack of the suite. */
export async function startEngineProcess(
  stack: Stack,
  options: { role?: string; port?: number; env?: Record<string, string> } = {},
): Promise<Program> {
  const [a, b] = await sharedSimulators()
  const { env, ...rest } = options
  return startEngine({
    ...rest,
    databaseUrl: stack.databaseUrl,
    amqpUrl: stack.amqpUrl,
    operatorUrls: { a: a.url, b: b.url },
    logFile: join(await logFolder(), 'engine.log'),
    env: { NORMAL_QUEUE: stack.queues.normal, EXPRESS_QUEUE: stack.queues.express, ...env },
  })
}
