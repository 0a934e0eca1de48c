import { setTimeout as pause } from 'node:timers/promises'
import type { World } from './faults/fault.ts'
import { PROBE_TIMEOUT_MS } from './probe.ts'
import type { Prober } from './probe.ts'

const ASK_AGAIN_MS = 200

/**
 * Well: every process is ready, and a message of either class that every API process accepts now comes to its end.
 * @returns whether that came about in time.
 */
export async function untilWell({ crew }: World, prober: Prober, patienceMs: number): Promise<boolean> {
  const deadlineMs = performance.now() + patienceMs
  while (performance.now() < deadlineMs) {
    const probes = crew.apiUrls.flatMap((url) =>
      (['normal', 'express'] as const).map((type) => prober.probe(url, type)),
    )
    const results = await Promise.all([...probes, ...crew.posts.map(isReady)])
    if (results.every(Boolean)) return true
    await pause(ASK_AGAIN_MS)
  }
  return false
}

async function isReady(post: World['crew']['posts'][number]): Promise<boolean> {
  const url = post.program?.url
  if (url === undefined) return false
  const signal = AbortSignal.timeout(PROBE_TIMEOUT_MS)
  return fetch(`${url}/readyz`, { signal }).then(
    ({ ok }) => ok,
    () => false,
  )
}
