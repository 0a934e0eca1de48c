import { AggregatorRegistry } from 'prom-client'
import type { Registry } from 'prom-client'

/** Each metric with its values, as plain data that may come from another process. */
export type MetricsSnapshot = { name: string; type: string }[]

/** The metrics of several processes as if they were one. */
export interface MetricsSum {
  /** Replaces the last values of this process. */
  keep(id: number, snapshot: MetricsSnapshot): void
  /** The process has exited. Its counters stay in the sum, because a falling counter would distort rates. */
  settle(id: number): void
  /** In the text format of Prometheus. */
  text(): Promise<string>
}

export async function takeSnapshot(registry: Registry): Promise<MetricsSnapshot> {
  // prom-client's types name the kinds by numbers; what it hands out are words.
  return (await registry.getMetricsAsJSON()) as unknown as MetricsSnapshot
}

/** Sums as each metric says: most are added up, an event loop's lag is averaged, and a process's start is left out. */
export function sumMetrics(): MetricsSum {
  const latest = new Map<number, MetricsSnapshot>()
  let ended: MetricsSnapshot = []
  return {
    keep: (id, snapshot) => void latest.set(id, snapshot),
    settle(id) {
      const grown = (latest.get(id) ?? []).filter(onlyGrows)
      latest.delete(id)
      ended = AggregatorRegistry.aggregate([ended, grown]).getMetricsAsArray() as unknown as MetricsSnapshot
    },
    text: () => AggregatorRegistry.aggregate([ended, ...latest.values()]).metrics(),
  }
}

function onlyGrows({ type }: MetricsSnapshot[number]): boolean {
  return type === 'counter' || type === 'histogram'
}
