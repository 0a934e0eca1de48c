import type { Express } from 'express'
import { createApp } from '../../src/platform/http/index.ts'
import type { AppOptions, Route } from '../../src/platform/http/index.ts'
import { createMetrics } from '../../src/platform/telemetry/index.ts'
import type { Metrics } from '../../src/platform/telemetry/index.ts'
import { memoryLog } from './memoryLog.ts'
import type { MemoryLog } from './memoryLog.ts'

export interface TestApp {
  app: Express
  log: MemoryLog
  metrics: Metrics
}

/** The real application with the given routes, its log readable. */
export function testApp(routes: Route[], options: Partial<AppOptions> = {}): TestApp {
  const log = memoryLog()
  const metrics = createMetrics({ withRuntime: false })
  const app = createApp({ logger: log.logger, metrics, routes, bodyBytesMax: 1_048_576, ...options })
  return { app, log, metrics }
}

/** A member of the problem document that every refusal has. */
export interface ProblemBody {
  type: string
  title: string
  status: number
  detail: string
  instance: string
  code: string
  request_id: string
  errors?: { field: string; message: string }[]
}
