import { onlyOf } from './spanStore.ts'
import type { StoredSpan } from './spanStore.ts'

/** A message's spans as a tree: when each began, how long it took, in which process, and what it came to. */
export function describeTrace(messageId: string, spans: readonly StoredSpan[]): string[] {
  const traces = [...Map.groupBy(onlyOf(messageId, spans), ({ traceId }) => traceId)]
  return traces.flatMap(([traceId, ofTrace]) => describeOne(traceId, ofTrace))
}

interface Row {
  span: StoredSpan
  branch: string
}

function describeOne(traceId: string, spans: readonly StoredSpan[]): string[] {
  const ordered = spans.toSorted((a, b) => a.startMs - b.startMs)
  const startMs = ordered[0]?.startMs ?? 0
  const services = new Set(spans.map(({ service }) => service))
  const width = Math.max(...[...services].map((service) => service.length))
  const known = new Set(spans.map(({ spanId }) => spanId))
  const roots = ordered.filter(({ parentSpanId }) => parentSpanId === undefined || !known.has(parentSpanId))
  const client = roots.find(({ parentSpanId }) => parentSpanId !== undefined)?.parentSpanId
  const rows = roots.flatMap((root) => [{ span: root, branch: '' }, ...branchesOf(root, ordered, '')])
  return [
    `trace ${traceId}: ${count(spans.length, 'span')} of ${count(services.size, 'process', 'es')}, from ${new Date(startMs).toISOString()}`,
    ...(client === undefined ? [] : [`continues the client's span ${client}`]),
    '',
    ...rows.map(({ span, branch }) =>
      [
        milliseconds(span.startMs - startMs),
        milliseconds(span.endMs - span.startMs),
        ` ${span.service.padEnd(width)} `,
        [`${branch}${span.name}`, ...notesOf(span)].join('  '),
      ].join(' '),
    ),
  ]
}

function branchesOf(parent: StoredSpan, ordered: readonly StoredSpan[], indent: string): Row[] {
  const children = ordered.filter(({ parentSpanId }) => parentSpanId === parent.spanId)
  return children.flatMap((span, index) => {
    const isLast = index === children.length - 1
    const row = { span, branch: `${indent}${isLast ? '└─ ' : '├─ '}` }
    return [row, ...branchesOf(span, ordered, `${indent}${isLast ? '   ' : '│  '}`)]
  })
}

function count(number: number, noun: string, plural = 's'): string {
  return `${number} ${noun}${number === 1 ? '' : plural}`
}

const WIDTH = 9

function milliseconds(ms: number): string {
  return `${ms.toFixed(1).padStart(WIDTH)} ms`
}

/** What is worth a word beside the name. */
function notesOf({ attributes, isError, links }: StoredSpan): string[] {
  const text = (name: string, label = '') => {
    const value = attributes[name]
    return value === undefined ? [] : [`${label}${value}`]
  }
  return [
    ...text('http.response.status_code'),
    ...text('chapar.decision'),
    ...text('chapar.result'),
    ...text('chapar.breaker', 'breaker '),
    ...text('chapar.refund', 'refund '),
    ...(Number(attributes['messaging.batch.message_count']) > 1
      ? text('messaging.batch.message_count', 'batch of ')
      : []),
    ...(links.length > 0 ? [count(links.length, 'link')] : []),
    ...(isError ? ['ERROR'] : []),
  ]
}
