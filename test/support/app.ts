import assert from 'node:assert/strict'
import type { Express } from 'express'
import type { Response } from 'supertest'
import { createApp } from '../../src/platform/http/index.ts'
import type { AppOptions, Route } from '../../src/platform/http/index.ts'
import { OPEN_ACCESS } from '../../src/primitives/access.ts'
import { createMetrics } from '../../src/platform/telemetry/index.ts'
import type { Metrics } from '../../src/platform/telemetry/index.ts'
import { memoryLog } from './memoryLog.ts'
import type { MemoryLog } from './memoryLog.ts'

export interface TestApp {
  app: Express
  log: MemoryLog
  metrics: Metrics
}

/** The real application with the given routes, its log readable. Without `authorize` no key is needed. */
export function testApp(routes: Route[], options: Partial<AppOptions> = {}): TestApp {
  const log = memoryLog()
  const metrics = createMetrics({ withRuntime: false })
  const app = createApp({
    ...{ logger: log.logger, metrics, routes, bodyBytesMax: 1_048_576 },
    authorize: () => OPEN_ACCESS,
    ...options,
  })
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
  errors_omitted?: number
}

/** @returns the problem document of an answer, having seen that it is a whole one of this status and code. */
export function problemOf(response: Response, status: number, code: string): ProblemBody {
  assert.equal(response.status, status)
  assert.match(response.get('Content-Type') ?? '', /^application\/problem\+json(;|$)/)
  const problem = JSON.parse(response.text) as ProblemBody
  assert.equal(problem.status, status)
  assert.equal(problem.code, code)
  assert.equal(problem.type, `urn:chapar:problem:${code}`)
  assert.equal(problem.request_id, response.get('X-Request-Id'))
  assert.ok(problem.title.length > 0 && problem.detail.length > 0)
  return problem
}
