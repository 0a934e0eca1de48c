import { z } from 'zod'
import { answerJson } from './answer.ts'
import { answer, refusals } from './documents.ts'
import type { Route } from './route.ts'

/** A dependency that this process needs. Rejects when it does not work. */
export interface ReadinessCheck {
  name: string
  run: () => Promise<void>
}

/** A probe needs an answer sooner than the database's time-outs give one. */
const CHECK_TIMEOUT_MS = 1_000

const Readiness = z
  .object({
    status: z.enum(['ready', 'not_ready']),
    checks: z.array(
      z.object({
        name: z.string(),
        ok: z.boolean(),
        reason: z.string().optional().meta({ description: 'Why the check failed' }),
      }),
    ),
  })
  .meta({ id: 'Readiness' })

type CheckResult = z.output<typeof Readiness>['checks'][number]

/** `GET /readyz`: whether every part that this process needs works now. */
export function readyRoute(checks: ReadinessCheck[], timeoutMs = CHECK_TIMEOUT_MS): Route {
  const askEach = checks.map((check) => askOnce(check, timeoutMs))
  return {
    method: 'get',
    path: '/readyz',
    access: 'public',
    quiet: true,
    operation,
    async handle(_request, response) {
      const results = await Promise.all(askEach.map((ask) => ask()))
      const ready = results.every(({ ok }) => ok)
      const readiness: z.output<typeof Readiness> = { status: ready ? 'ready' : 'not_ready', checks: results }
      answerJson(response, readiness, ready ? 200 : 503)
    },
  }
}

const operation = {
  operationId: 'ready',
  tags: ['operations'],
  summary: 'Readiness probe; the result of each check',
  responses: {
    '200': answer('Ready: every check passed', Readiness, {
      status: 'ready',
      checks: [{ name: 'database', ok: true }],
    }),
    '503': answer('Not ready: a check failed', Readiness, {
      status: 'not_ready',
      checks: [{ name: 'database', ok: false, reason: 'ECONNREFUSED' }],
    }),
    ...refusals([]),
  },
}

/**
 * Runs a check once at a time, so that probes do not pile up work on a failing dependency. Concurrent callers wait for
 * the same result, up to the limit.
 */
function askOnce(check: ReadinessCheck, timeoutMs: number): () => Promise<CheckResult> {
  let running: Promise<CheckResult> | undefined
  return async () => {
    running ??= runCheck(check).finally(() => (running = undefined))
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<CheckResult>((resolve) => {
      timer = setTimeout(resolve, timeoutMs, { name: check.name, ok: false, reason: 'timeout' })
    })
    return Promise.race([running, late]).finally(() => clearTimeout(timer))
  }
}

async function runCheck({ name, run }: ReadinessCheck): Promise<CheckResult> {
  try {
    await run()
    return { name, ok: true }
  } catch (error) {
    // The message may quote addresses and user names, and this route has no authentication.
    const { code } = (error ?? {}) as { code?: unknown }
    return { name, ok: false, reason: typeof code === 'string' ? code : 'failed' }
  }
}
