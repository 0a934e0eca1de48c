import { startStep } from '../../platform/telemetry/index.ts'
import type { Answer } from '../send/post.ts'
import type { Task } from './readTasks.ts'

/** One attempt to deliver an event, as a step in the trace of its message, which the endpoint can continue. */
export async function postTraced(
  { traced, url, eventType, attempts }: Task,
  post: (headers: Record<string, string>) => Promise<Answer>,
): Promise<Answer> {
  if (!traced) return post({})
  const step = startStep(`webhook ${eventType}`, [traced], {
    kind: 'client',
    attributes: {
      'http.request.method': 'POST',
      // Without path and query, which may have a secret.
      'server.address': new URL(url).hostname,
      ...(attempts > 0 && { 'http.request.resend_count': attempts }),
    },
  })
  const traceparent = step.traceparent ?? traced.traceparent
  const answer = await post(traceparent === undefined ? {} : { traceparent })
  const { result, status } = answer
  step.end({
    attributes: { 'chapar.result': result, ...(status !== null && { 'http.response.status_code': status }) },
    error: result === 'delivered' ? undefined : status === null ? result : String(status),
  })
  return answer
}
