import type { Registry } from 'prom-client'
import { z } from 'zod'
import { answerJson, answerText } from './answer.ts'
import { answer } from './documents.ts'
import { readyEndpoint, readyRoute } from './readiness.ts'
import type { ReadinessCheck } from './readiness.ts'
import type { Endpoint, Route } from './route.ts'

export interface OpsOptions {
  version: string
  roles: readonly string[]
  checks: ReadinessCheck[]
  registry: Pick<Registry, 'contentType' | 'metrics'>
}

const Health = z
  .object({
    status: z.literal('ok'),
    version: z.string(),
    uptime_seconds: z.int(),
    roles: z.array(z.string()),
  })
  .meta({ id: 'Health' })

const healthEndpoint: Endpoint = {
  method: 'get',
  path: '/healthz',
  quiet: true,
  operation: {
    operationId: 'health',
    tags: ['operations'],
    summary: 'That this process lives, and which it is',
    responses: { '200': answer('It lives', Health) },
  },
}

const metricsEndpoint: Endpoint = {
  method: 'get',
  path: '/metrics',
  quiet: true,
  operation: {
    operationId: 'metrics',
    tags: ['operations'],
    summary: 'Metrics for Prometheus',
    responses: {
      '200': { description: 'Text exposition format', content: { 'text/plain': { schema: z.string() } } },
    },
  },
}

export const opsEndpoints: Endpoint[] = [healthEndpoint, readyEndpoint, metricsEndpoint]

/** The routes that every role serves, for the machines and people that watch over it. */
export function opsRoutes({ version, roles, checks, registry }: OpsOptions): Route[] {
  const health: Route = {
    ...healthEndpoint,
    // Asks nothing of anybody: a database that is away is no reason to restart this process.
    handle(_request, response) {
      const uptimeSeconds = Math.round(process.uptime())
      answerJson(response, {
        status: 'ok',
        version,
        uptime_seconds: uptimeSeconds,
        roles: [...roles],
      } satisfies z.input<typeof Health>)
    },
  }
  const metrics: Route = {
    ...metricsEndpoint,
    async handle(_request, response) {
      const text = await registry.metrics()
      answerText(response, { type: registry.contentType }, text)
    },
  }
  return [health, readyRoute(checks), metrics]
}
