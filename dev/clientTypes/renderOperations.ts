import { answersOf } from './document.ts'
import type { Operation, Parameter, Placed } from './document.ts'
import { renderComment, renderObject, renderType } from './renderType.ts'
import type { Schema } from './schema.ts'

/** The bodies and the queries, each under a name of its own. */
export function renderInputs(placed: Placed[]): string[] {
  return placed.flatMap(({ operation }) => {
    const body = bodyOf(operation)
    const query = parametersIn(operation, 'query')
    return [
      ...(body ? [renderNamed(inputName(operation, 'Body'), body, 'input')] : []),
      ...(query ? [renderNamed(inputName(operation, 'Query'), query, 'input')] : []),
    ]
  })
}

/** The problem documents with members of their own extend the one that all of them are. */
export function renderSchemas(schemas: Record<string, Schema>): string[] {
  const common = schemas['Problem']?.properties ?? {}
  return Object.entries(schemas).map(([name, schema]) => {
    const properties = Object.entries(schema.properties ?? {})
    const own = properties.filter(([member]) => !(member in common))
    if (name === 'Problem' || properties.length - own.length < Object.keys(common).length)
      return renderNamed(name, schema, 'answer')
    const rest = renderObject({ ...schema, properties: Object.fromEntries(own) }, 'answer')
    return `export interface ${name} extends Problem ${rest}`
  })
}

function renderNamed(name: string, schema: Schema, direction: 'input' | 'answer'): string {
  const isObject =
    schema.type === 'object' && typeof schema.additionalProperties !== 'object' && !schema.anyOf
  if (isObject && Object.keys(schema.properties ?? {}).length === 0)
    return `${renderComment(schema)}export type ${name} = Record<string, never>`
  const declaration = isObject
    ? `export interface ${name} ${renderObject(schema, direction)}`
    : `export type ${name} = ${renderType(schema, direction)}`
  return renderComment(schema) + declaration
}

/** What each operation takes and gives, by its id. */
export function renderSignatures(placed: Placed[]): string {
  return `/** What each operation takes, and what it answers. */
export interface Operations {
${placed.map(({ operation }) => renderSignature(operation)).join('\n')}
}`
}

function renderSignature(operation: Operation): string {
  const path = parametersIn(operation, 'path')
  const query = parametersIn(operation, 'query')
  const answers = answersOf(operation).map((schema) => renderType(schema, 'answer'))
  if (answers.length === 0) throw new Error(`${operation.operationId} has no answer in JSON`)
  const members = [
    ...(path ? [`path: ${renderObject(path, 'input')}`] : []),
    ...(query ? [`query${query.required?.length ? '' : '?'}: ${inputName(operation, 'Query')}`] : []),
    ...(bodyOf(operation) ? [`body: ${inputName(operation, 'Body')}`] : []),
    `answer: ${[...new Set(answers)].join(' | ')}`,
  ]
  const comment = renderComment({ description: operation.summary })
  return `${comment}${operation.operationId}: {\n${members.join('\n')}\n}`
}

/** Where each operation is found, and whether it takes an idempotency key. */
export function renderPlaces(placed: Placed[]): string {
  const lines = placed.map(({ method, path, operation }) => {
    const isKeyed = (operation.parameters ?? []).some(({ name }) => name === 'Idempotency-Key')
    return `${operation.operationId}: { method: '${method}', path: '${path}', isKeyed: ${isKeyed} },`
  })
  return `/** Where each operation is found, and whether it takes an \`Idempotency-Key\`. */
export const PLACES: Readonly<Record<keyof Operations, { method: string; path: string; isKeyed: boolean }>> = {
${lines.join('\n')}
}`
}

function bodyOf({ requestBody }: Operation): Schema | undefined {
  return requestBody?.content['application/json']?.schema
}

/** The parameters of one kind as an object. */
function parametersIn({ parameters = [] }: Operation, place: Parameter['in']): Schema | undefined {
  const chosen = parameters.filter((parameter) => parameter.in === place)
  if (chosen.length === 0) return undefined
  return {
    type: 'object',
    properties: Object.fromEntries(chosen.map(({ name, schema }) => [name, schema])),
    required: chosen.filter(({ required }) => required).map(({ name }) => name),
  }
}

function inputName({ operationId }: Operation, kind: string): string {
  return `${operationId.charAt(0).toUpperCase()}${operationId.slice(1)}${kind}`
}
