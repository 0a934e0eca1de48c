import { z } from 'zod'
import type { StoredSpan } from './spanStore.ts'

const value = z.object({
  stringValue: z.string().optional(),
  boolValue: z.boolean().optional(),
  intValue: z.union([z.number(), z.string()]).optional(),
  doubleValue: z.number().optional(),
})
const attributes = z.array(z.object({ key: z.string(), value })).default([])
/** 64 bits, which JSON carries as text. */
const nanoseconds = z.union([z.string(), z.number()]).transform((text) => Number(text) / 1_000_000)
const reference = z.object({ traceId: z.string(), spanId: z.string() })
const span = reference.extend({
  parentSpanId: z.string().optional(),
  name: z.string(),
  startTimeUnixNano: nanoseconds,
  endTimeUnixNano: nanoseconds,
  attributes,
  status: z.object({ code: z.number().optional() }).optional(),
  links: z.array(reference).default([]),
})
const exported = z.object({
  resourceSpans: z
    .array(
      z.object({
        resource: z.object({ attributes }).optional(),
        scopeSpans: z.array(z.object({ spans: z.array(span).default([]) })).default([]),
      }),
    )
    .default([]),
})

const STATUS_ERROR = 2

/** Reads what an exporter sends over OTLP in JSON. @throws ZodError, or SyntaxError for anything else. */
export function readOtlp(body: string): StoredSpan[] {
  return exported.parse(JSON.parse(body)).resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const { 'service.name': name = 'unknown', 'process.pid': pid } = toRecord(resource?.attributes ?? [])
    const service = pid === undefined ? String(name) : `${name} ${pid}`
    return scopeSpans.flatMap(({ spans }) => spans.map((each) => toStored(each, service)))
  })
}

function toStored(each: z.infer<typeof span>, service: string): StoredSpan {
  const { traceId, spanId, name, links } = each
  return {
    ...{ traceId, spanId, name, links, service },
    parentSpanId: each.parentSpanId || undefined,
    startMs: each.startTimeUnixNano,
    endMs: each.endTimeUnixNano,
    attributes: toRecord(each.attributes),
    isError: each.status?.code === STATUS_ERROR,
  }
}

function toRecord(pairs: z.infer<typeof attributes>): StoredSpan['attributes'] {
  return Object.fromEntries(
    pairs.flatMap(({ key, value: { stringValue, boolValue, intValue, doubleValue } }) => {
      const known =
        stringValue ?? boolValue ?? doubleValue ?? (intValue === undefined ? undefined : Number(intValue))
      return known === undefined ? [] : [[key, known]]
    }),
  )
}
