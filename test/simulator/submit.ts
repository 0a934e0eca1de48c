import type { Submission } from '../../src/operators/contract.ts'
import type { Answer } from '../../src/operators/http/protocol.ts'

/** A bare POST, as any client could make it. */
export function post(url: string, body: string, signal?: AbortSignal): Promise<Response> {
  return fetch(`${url}/messages`, { method: 'POST', body, ...(signal && { signal }) })
}

export async function submit(
  url: string,
  call: Submission | Submission[],
): Promise<{ status: number; body: unknown }> {
  const response = await post(url, JSON.stringify(call))
  return { status: response.status, body: await response.json() }
}

export function statuses(body: unknown): Answer['status'][] {
  return (body as Answer[]).map(({ status }) => status)
}
