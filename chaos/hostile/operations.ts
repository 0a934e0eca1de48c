import type { Schema } from './conforms.ts'

export interface Parameter {
  name: string
  isRequired: boolean
  schema: Schema
}

/** One route of the OpenAPI document. */
export interface Operation {
  method: string
  path: string
  /** Whose key its route takes. */
  key: 'none' | 'customer' | 'admin'
  query: Parameter[]
  body?: Schema
}

interface OpenApi {
  paths: Record<string, Record<string, OpenApiOperation>>
}

interface OpenApiOperation {
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

function toOperation(
  method: string,
  path: string,
  { parameters = [], requestBody }: OpenApiOperation,
): Operation {
  const elsewhere = parameters.find((parameter) => parameter.in !== 'query' && parameter.in !== 'path')
  if (elsewhere) throw new Error(`${path}: a parameter in ${elsewhere.in} is not understood here`)
  const query = parameters
    .filter((parameter) => parameter.in === 'query')
    .map(({ name, required = false, schema }) => ({ name, isRequired: required, schema }))
  const body = requestBody?.content['application/json']?.schema
  return { method, path, key: keyOf(path), query, ...(body ? { body } : {}) }
}

function keyOf(path: string): Operation['key'] {
  if (path.startsWith('/v1/admin/')) return 'admin'
  return path.startsWith('/v1/') ? 'customer' : 'none'
}
