import { setTimeout as pause } from 'node:timers/promises'
import type { World } from './faults/fault.ts'
import { PROBE_TIMEOUT_MS } from './probe.ts'
import type { Prober } from './probe.ts'

const ASK_AGAIN_MS = 200

/**
 * Healthy: every process is ready and has all its links to operators, and every API process accepts a message of each
 * class that is then handed over.
 * @returns whether the system became healthy in time.
 */
export async function untilHealthy(
  { processes }: Pick<World, 'processes'>,
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

/** Ready, and with all its links to operators. */
export async function isReady(supervised: World['processes']['all'][number]): Promise<boolean> {
  const url = supervised.program?.url
  if (url === undefined) return false
  const ask = async (path: string) => {
    const answer = await fetch(url + path, { signal: AbortSignal.timeout(PROBE_TIMEOUT_MS) })
    return { isOk: answer.ok, text: await answer.text() }
  }
  try {
    const { isOk } = await ask('/readyz')
    if (!isOk || supervised.role !== 'consumer') return isOk
    const { text } = await ask('/metrics')
    return countLinks(text, 'up') === countLinks(text, 'configured')
  } catch {
    return false
  }
}

/** Of operators that keep links; 0 in the process of an older program, which knows none. */
export function countLinks(metrics: string, state: 'up' | 'configured'): number {
  const series = metrics.matchAll(/^chapar_operator_links\{(.*)\} (\d+)$/gm)
  return [...series].reduce(
    (sum, [, labels = '', count]) => sum + (labels.includes(`state="${state}"`) ? Number(count) : 0),
    0,
  )
}
