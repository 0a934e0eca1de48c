import { EventEmitter } from 'node:events'
import { sql } from 'kysely'
import { createLifecycle } from '../../src/platform/lifecycle.ts'
import { read, transact } from '../../src/platform/db/index.ts'
import type { Db } from '../../src/platform/db/index.ts'
import { loadConfig } from '../../src/roles/config.ts'
import { startEngine } from '../../src/roles/engine.ts'
import { NOW_KEY, makeDue } from './makeDue.ts'
import type { SimulatorProcess } from '../simulator/simulatorProcess.ts'
import { eventually } from './eventually.ts'
import { memoryLog } from './memoryLog.ts'
import type { MemoryLog } from './memoryLog.ts'
import { freshStack } from './servers.ts'
import type { Stack } from './servers.ts'
import { freshSimulators } from './simulators.ts'

/** The whole engine in this process, on an empty stack, with the suite's simulated operators. */
export interface TestEngine {
  url: string
  stack: Stack
  db: Db
  operatorA: SimulatorProcess
  operatorB: SimulatorProcess
  log: MemoryLog
  /** Waits until nothing is unfinished any more; what waits for a later try is made due at once. */
  drain(): Promise<void>
  /** As SIGHUP does. */
  hangUp(): void
  /** The value of one metric, 0 when it was never moved. Labels in the order of the exposition. */
  metric(series: string): Promise<number>
  /** Stops the engine and drops the stack. */
  stop(): Promise<void>
}

export interface TestEngineOptions {
  env?: Record<string, string>
  /** Another process's stack: it is then that one's to drop. */
  stack?: Stack
}

export async function startTestEngine(options: TestEngineOptions = {}): Promise<TestEngine> {
  const stack = options.stack ?? (await freshStack())
  const [operatorA, operatorB] = await freshSimulators()
  const log = memoryLog()
  const config = loadConfig(engineEnv(stack, operatorA.url, operatorB.url, options.env))
  // The process belongs to the tests: the engine's signals and crashes are none of its own.
  const signals = new EventEmitter()
  const lifecycle = createLifecycle({
    ...{ logger: log.logger, deadlineMs: config.shutdownDeadlineMs },
    endsOnHangup: !config.readsAgain,
    host: { on: (event, listener) => signals.on(event, listener), exit: () => {} },
  })
  const { url } = await startEngine(config, log.logger, lifecycle)
  await eventually('the engine is ready', async () => (await fetch(`${url}/readyz`)).ok)
  return {
    url,
    stack,
    db: stack.db,
    operatorA,
    operatorB,
    log,
    drain: () => drain(stack.db),
    hangUp: () => void signals.emit('SIGHUP', 'SIGHUP'),
    metric: (series) => readMetric(url, series),
    stop: async () => {
      await lifecycle.close()
      if (!options.stack) await stack.drop()
    },
  }
}

/** Short enough that no test waits for them, and told apart from leases: see makeRetriesDue. */
const RETRIES = {
  RETRY_MIN_DELAY: '500ms',
  RETRY_MAX_DELAY: '5s',
  RETRY_EXPRESS_MIN_DELAY: '500ms',
  RETRY_EXPRESS_MAX_DELAY: '5s',
  MAX_ATTEMPTS: '1000',
  RETRY_EXPRESS_MAX_ATTEMPTS: '1000',
}

export function engineEnv(
  stack: Stack,
  operatorAUrl: string,
  operatorBUrl: string,
  env: Record<string, string> = {},
): Record<string, string> {
  return {
    DATABASE_URL: stack.databaseUrl,
    AMQP_URL: stack.amqpUrl,
    NORMAL_QUEUE: stack.queues.normal,
    EXPRESS_QUEUE: stack.queues.express,
    OPERATOR_A_URL: operatorAUrl,
    OPERATOR_B_URL: operatorBUrl,
    PORT: '0',
    ...RETRIES,
    ...env,
  }
}

/** Above the longest natural wait: what a call without an answer left unknown counts as not taken after a minute. */
const DRAIN_BOUND_MS = 120_000

export async function drain(db: Db, boundMs = DRAIN_BOUND_MS): Promise<void> {
  await eventually(
    'nothing is unfinished',
    async () => {
      await makeRetriesDue(db)
      return (await countOpen(db)) === 0
    },
    boundMs,
  )
}

/** Ends the wait between tries, which belongs to the database's clock, without touching work that is under way. */
export async function makeRetriesDue(db: Db): Promise<void> {
  await transact(db, 'test.due', (reader) =>
    makeDue(reader, sql`last_error IS NOT NULL AND order_key < ${NOW_KEY} + 6000000`),
  )
}

async function countOpen(db: Db): Promise<number> {
  return read(db, 'test.open', async (reader) => {
    const { rows } = await sql<{ open: number }>`SELECT
      (SELECT COUNT(*) FROM sms_status WHERE status IN ('pending', 'sending')) +
      (SELECT COUNT(*) FROM outbox_events) AS open`.execute(reader)
    return rows[0]?.open ?? 0
  })
}

async function readMetric(url: string, series: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text()
  const line = text.split('\n').find((each) => each.startsWith(`${series} `))
  return line ? Number(line.slice(series.length + 1)) : 0
}
