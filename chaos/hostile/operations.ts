import type { Schema } from './conforms.ts'

export interface Parameter {
  name: string
  isRequired: boolean
  schema: Schema
}

/** One route of the OpenAPI document. */
export interface Operation {
  method: string
  /** With the names of its parameters in braces. */
  path: string
  query: Parameter[]
  /** Whose key it needs, if any. */
  needs?: 'customer' | 'admin'
  body?: Schema
}

interface OpenApi {
  paths: Record<string, Record<string, OpenApiOperation>>
}

interface OpenApiOperation {
  description?: string
  security?: Record<string, unknown>[]
  parameters?: { in: string; name: string; required?: boolean; schema: Schema }[]
  requestBody?: { content: Record<string, { schema: Schema }> }
}

/**
 * @returns every route of the document. @throws Error when it has none, or one for which no request can be generated.
 */
export function readOperations(document: unknown): Operation[] {
  const { paths } = document as OpenApi
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => toOperation(method.toUpperCase(), path, operation)),
  )
  if (operations.length === 0) throw new Error('the OpenAPI document has no routes')
  return operations
}

/** Headers are optional, and other kinds of requests draw them. */
const PLACES = ['query', 'path', 'header']

function toOperation(
  method: string,
  path: string,
  { parameters = [], requestBody, description = '', security = [] }: OpenApiOperation,
): Operation {
  const elsewhere = parameters.find((parameter) => !PLACES.includes(parameter.in))
  if (elsewhere) throw new Error(`${path}: a parameter in ${elsewhere.in} is not understood here`)
  const query = parameters
    .filter((each) => each.in === 'query')
    .map(({ name, required = false, schema }) => ({
      name,
      isRequired: required,
      schema,
    }))
  const body = requestBody?.content['application/json']?.schema
  const isNeeded = security.length > 0 && security.every((each) => Object.keys(each).length > 0)
  const needs = description.includes('Needs the admin key') ? 'admin' : 'customer'
  return { method, path, query, ...(isNeeded ? { needs } : {}), ...(body ? { body } : {}) }
}
