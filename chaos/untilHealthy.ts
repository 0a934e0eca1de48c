import { setTimeout as pause } from 'node:timers/promises'
import type { World } from './faults/fault.ts'
import { PROBE_TIMEOUT_MS } from './probe.ts'
import type { Prober } from './probe.ts'

const ASK_AGAIN_MS = 200

/**
 * Healthy: every process is ready, and every API process accepts a message of each class that is then delivered.
 * @returns whether the system became healthy in time.
 */
export async function untilHealthy(
  { processes }: World,
  prober: Prober,
  timeoutMs: number,
): Promise<boolean> {
  const deadlineMs = performance.now() + timeoutMs
  while (performance.now() < deadlineMs) {
    const probes = processes.apiUrls.flatMap((url) =>
      (['normal', 'express'] as const).map((type) => prober.probe(url, type)),
    )
    const results = await Promise.all([...probes, ...processes.all.map(isReady)])
    if (results.every(Boolean)) return true
    await pause(ASK_AGAIN_MS)
  }
  return false
}

async function isReady(supervised: World['processes']['all'][number]): Promise<boolean> {
  const url = supervised.program?.url
  if (url === undefined) return false
  const signal = AbortSignal.timeout(PROBE_TIMEOUT_MS)
  return fetch(`${url}/readyz`, { signal }).then(
    ({ ok }) => ok,
    () => false,
  )
}
