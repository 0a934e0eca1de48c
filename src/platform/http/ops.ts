import type { Registry } from 'prom-client'
import { z } from 'zod'
import type { ZodOpenApiOperationObject } from 'zod-openapi'
import { answerJson, answerText } from './answer.ts'
import { answer, refusals } from './documents.ts'
import { readyRoute } from './readiness.ts'
import type { ReadinessCheck } from './readiness.ts'
import type { Route } from './route.ts'

export interface OpsOptions {
  version: string
  roles: readonly string[]
  checks: ReadinessCheck[]
  /** Undefined where another address serves them. */
  registry: Pick<Registry, 'contentType' | 'metrics'> | undefined
}

const Health = z
  .object({
    status: z.literal('ok'),
    version: z.string(),
    uptime_seconds: z.int().meta({ description: 'Seconds since this process started' }),
    roles: z.array(z.string()).meta({ description: 'What the program runs' }),
  })
  .meta({ id: 'Health' })

/** The routes that every role serves, for probes and monitoring. */
export function opsRoutes({ version, roles, checks, registry }: OpsOptions): Route[] {
  const health: Route = {
    method: 'get',
    path: '/healthz',
    access: 'public',
    quiet: true,
    operation: healthOperation({ version, roles }),
    // Calls no other server: an unavailable database is no reason to restart this process.
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
  return [health, readyRoute(checks), ...(registry ? [metricsRoute(registry)] : [])]
}

function metricsRoute(registry: NonNullable<OpsOptions['registry']>): Route {
  return {
    method: 'get',
    path: '/metrics',
    access: 'public',
    quiet: true,
    operation: METRICS_OPERATION,
    async handle(_request, response) {
      const text = await registry.metrics()
      answerText(response, { type: registry.contentType }, text)
    },
  }
}

function healthOperation({
  version,
  roles,
}: Pick<OpsOptions, 'version' | 'roles'>): ZodOpenApiOperationObject {
  const example: z.input<typeof Health> = {
    status: 'ok',
    version,
    uptime_seconds: 86_400,
    roles: [...roles],
  }
  return {
    operationId: 'health',
    tags: ['operations'],
    summary: 'Liveness probe; version and roles',
    responses: { '200': answer('Alive', Health, example), ...refusals([]) },
  }
}

const METRICS_EXAMPLE = `# HELP http_request_duration_seconds Time from a request to the end of its answer, by route pattern and status
# TYPE http_request_duration_seconds histogram
http_request_duration_seconds_bucket{le="0.01",method="POST",route="/sms/send",status="200"} 941
http_request_duration_seconds_sum{method="POST",route="/sms/send",status="200"} 5.2
http_request_duration_seconds_count{method="POST",route="/sms/send",status="200"} 1000
`

const METRICS_OPERATION: ZodOpenApiOperationObject = {
  operationId: 'metrics',
  tags: ['operations'],
  summary: 'Metrics for Prometheus',
  responses: {
    '200': {
      description: 'Text exposition format 0.0.4',
      content: { 'text/plain': { schema: z.string(), example: METRICS_EXAMPLE } },
    },
    ...refusals([]),
  },
}
