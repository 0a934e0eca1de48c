import type { Registry } from '../platform/telemetry/index.ts'
import { AGE_BUCKETS_SECONDS, DURATION_BUCKETS_SECONDS } from '../platform/telemetry/index.ts'
import { openGrowth } from '../processes/index.ts'
import type { Traffic } from '../processes/index.ts'

/** Long enough for shares of results, short enough to follow an operator that fails. */
const WINDOW_MS = 60_000
/** The page shows what these are about by name; a process has some, and a file of operators may name many. */
const OPERATORS_MAX = 60
/** Probes and the operations page itself say nothing of what customers get. */
const NOT_OF_CUSTOMERS = /^\/(?:healthz|readyz|metrics|swagger|openapi\.json|ops|v1\/admin)/

/** @returns what reads the traffic of this process in the last minute from its metrics. */
export function openTraffic(registry: Registry, nowMs?: () => number): () => Promise<Traffic> {
  const growth = openGrowth(WINDOW_MS, nowMs)
  return async () => {
    const counts = new Map<string, number>()
    for (const read of READINGS) await read(registry, counts)
    const { grown, seconds } = growth.take(counts)
    return toTraffic(grown, seconds)
  }
}

interface Value {
  labels: Partial<Record<string, string | number>>
  value: number
  metricName?: string
}

type Reading = (registry: Registry, counts: Map<string, number>) => Promise<void>

async function valuesOf(registry: Registry, name: string): Promise<Value[]> {
  return (await registry.getSingleMetric(name)?.get())?.values ?? []
}

/** Sums the values of a metric under names: what it counts, and by what. */
function reading(name: string, nameOf: (value: Value) => string | undefined): Reading {
  return async (registry, counts) => {
    for (const value of await valuesOf(registry, name)) {
      const key = nameOf(value)
      if (key !== undefined) counts.set(key, (counts.get(key) ?? 0) + value.value)
    }
  }
}

const isOfCustomers = ({ labels }: Value) => !NOT_OF_CUSTOMERS.test(String(labels['route']))
const isBucket = ({ metricName }: Value) => metricName?.endsWith('_bucket') === true
const isCount = ({ metricName }: Value) => metricName?.endsWith('_count') === true

const READINGS: Reading[] = [
  reading('http_request_duration_seconds', (value) => {
    if (!isOfCustomers(value)) return undefined
    if (isCount(value)) return `http ${String(value.labels['status']).charAt(0)}xx`
    return isBucket(value) ? `httpDurations ${String(value.labels['le'])}` : undefined
  }),
  reading('chapar_accepted_recipients_total', ({ labels }) => `accepted ${labels['class']}`),
  reading('chapar_delivery_results_total', ({ labels }) => {
    if (labels['result'] === 'done') return `handedOver ${labels['class']}`
    return labels['result'] === 'failed' ? `failed ${labels['class']}` : undefined
  }),
  reading('chapar_expired_recipients_total', ({ labels }) => `failed ${labels['class']}`),
  reading('chapar_end_to_end_seconds', (value) =>
    isBucket(value) ? `ages ${value.labels['class']} ${value.labels['le']}` : undefined,
  ),
  reading(
    'chapar_operator_results_total',
    ({ labels }) => `operator ${labels['operator']} ${labels['result']}`,
  ),
  reading('chapar_failed_recipients_total', ({ labels }) => `failures ${labels['code']}`),
  reading('chapar_expired_recipients_total', () => 'failures expired'),
]

function toTraffic(grown: ReadonlyMap<string, number>, seconds: number): Traffic {
  const below = (prefix: string) => {
    const named = [...grown].filter(([name]) => name.startsWith(`${prefix} `))
    return Object.fromEntries(named.map(([name, count]) => [name.slice(prefix.length + 1), count]))
  }
  const byOperator = Map.groupBy(Object.entries(below('operator')), ([name]) => name.split(' ')[0] ?? '')
  const operators = [...byOperator].slice(0, OPERATORS_MAX).map(([operator, results]) => {
    const counts = results.map(([name, count]) => [name.slice(operator.length + 1), count] as const)
    return [operator, Object.fromEntries(counts.filter(([, count]) => count > 0))] as const
  })
  return {
    seconds: Math.round(seconds),
    ...{ http: below('http'), accepted: below('accepted'), handedOver: below('handedOver') },
    ...{ failed: below('failed'), failures: withoutZeros(below('failures')) },
    httpDurations: toBuckets(below('httpDurations'), DURATION_BUCKETS_SECONDS),
    handOverAges: {
      normal: toBuckets(below('ages normal'), AGE_BUCKETS_SECONDS),
      express: toBuckets(below('ages express'), AGE_BUCKETS_SECONDS),
    },
    operators: Object.fromEntries(operators),
  }
}

function withoutZeros(counts: Record<string, number>): Record<string, number> {
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0))
}

/** Prometheus's buckets contain those below them; these do not. */
function toBuckets(cumulative: Record<string, number>, bounds: readonly number[]): number[] {
  const counts = [...bounds.map(String), '+Inf'].map((bound) => cumulative[bound] ?? 0)
  return counts.map((count, index) => count - (counts[index - 1] ?? 0))
}
