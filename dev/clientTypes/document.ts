import type { Schema } from './schema.ts'

export interface Parameter {
  name: string
  in: 'path' | 'query' | 'header'
  required?: boolean
  schema: Schema
}

export interface Content {
  schema: Schema
  example?: unknown
  examples?: Record<string, { value: unknown }>
}

export interface Operation {
  operationId: string
  summary: string
  description?: string
  parameters?: Parameter[]
  requestBody?: { content: Record<string, Content> }
  responses: Record<string, { content?: Record<string, Content> }>
}

/** What the client's types are made of. */
export interface ApiDocument {
  paths: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, Schema> }
}

/** An operation with its place. */
export interface Placed {
  method: string
  path: string
  operation: Operation
}

/** The operations that the key of a customer may call. */
export function customerOperations({ paths }: ApiDocument): Placed[] {
  return Object.entries(paths)
    .filter(([path]) => path.startsWith('/v1/') && !path.startsWith('/v1/admin/'))
    .flatMap(([path, methods]) =>
      Object.entries(methods)
        .filter(([, operation]) => !isFile(operation))
        .map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
    )
}

/** It answers with a file, from an address that another operation names. */
function isFile({ responses }: Operation): boolean {
  const types = Object.keys(responses['200']?.content ?? {})
  return types.length > 0 && !types.includes('application/json')
}

export function answersOf({ responses }: Operation): Schema[] {
  return Object.entries(responses)
    .filter(([status]) => status.startsWith('2'))
    .map(([, { content }]) => content?.['application/json']?.schema)
    .filter((schema) => schema !== undefined)
}

function refusalsOf({ responses }: Operation): Content[] {
  return Object.values(responses)
    .map(({ content }) => content?.['application/problem+json'])
    .filter((content) => content !== undefined)
}

/** Every code that the operations may be refused with, in alphabetical order. */
export function codesOf(placed: Placed[]): string[] {
  const examples = placed.flatMap(({ operation }) => refusalsOf(operation).map((each) => each.examples ?? {}))
  return [...new Set(examples.flatMap((each) => Object.keys(each)))].sort()
}

/** The components that the operations name, and all that these name in turn. */
export function reachedSchemas({ components }: ApiDocument, placed: Placed[]): Record<string, Schema> {
  const roots = placed.flatMap(({ operation }) => [
    ...answersOf(operation),
    ...refusalsOf(operation).map(({ schema }) => schema),
  ])
  const reached = new Map<string, Schema>()
  const open = namesIn(roots)
  for (const name of open) {
    const schema = components.schemas[name]
    if (!schema) throw new Error(`the document has no schema ${name}`)
    if (reached.has(name)) continue
    reached.set(name, schema)
    open.push(...namesIn(schema))
  }
  return Object.fromEntries(reached)
}

function namesIn(value: unknown): string[] {
  return [...JSON.stringify(value).matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)].map(
    ([, name = '']) => name,
  )
}
