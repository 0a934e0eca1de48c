import { checkKeywords } from './schema.ts'
import type { Schema } from './schema.ts'

/** `input`: a value that the client sends. */
export type Direction = 'input' | 'answer'

const PRIMITIVES: Readonly<Record<string, string>> = {
  string: 'string',
  integer: 'number',
  number: 'number',
  boolean: 'boolean',
  null: 'null',
}

/** @returns a schema as a TypeScript type. @throws Error for a schema that has none. */
export function renderType(schema: Schema, direction: Direction): string {
  checkKeywords(schema)
  if (schema.$ref !== undefined) return nameOf(schema.$ref)
  if (schema.anyOf) return union(schema.anyOf.map((each) => renderType(each, direction)))
  if (schema.const !== undefined) return JSON.stringify(schema.const)
  if (schema.enum) return union(schema.enum.map((value) => JSON.stringify(value)))
  if (Array.isArray(schema.type))
    return union(schema.type.map((type) => renderType({ ...schema, type }, direction)))
  if (schema.type === 'array' && schema.items) return `(${renderType(schema.items, direction)})[]`
  if (schema.type === 'object') return renderObject(schema, direction)
  const primitive = PRIMITIVES[schema.type ?? '']
  if (!primitive) throw new Error(`the client's types cannot say ${JSON.stringify(schema)}`)
  return primitive
}

/** @returns a comment that stands before what it describes; empty without a description. */
export function renderComment({ description, anyOf = [], default: byDefault }: Schema): string {
  // What may also be null is described at its other form.
  const words = description ?? anyOf.find((each) => each.description)?.description
  const sentences = [words, byDefault === undefined ? undefined : `Default: ${JSON.stringify(byDefault)}`]
  const text = sentences.filter((each) => each !== undefined).join('. ')
  return text === '' ? '' : `/** ${text.replaceAll('*/', '*\\/')} */\n`
}

/** The members of an object, in braces. */
export function renderObject(schema: Schema, direction: Direction): string {
  const { properties = {}, required = [], additionalProperties } = schema
  if (typeof additionalProperties === 'object')
    return `Record<string, ${renderType(additionalProperties, direction)}>`
  const members = Object.entries(properties).map(([name, member]) => {
    const type = renderType(member, direction)
    if (required.includes(name)) return `${renderComment(member)}${name}: ${type}`
    // An answer leaves a member out; a caller may also compute one that comes to nothing.
    return `${renderComment(member)}${name}?: ${direction === 'input' ? `${type} | undefined` : type}`
  })
  return `{\n${members.join('\n')}\n}`
}

export function nameOf(reference: string): string {
  return reference.slice(reference.lastIndexOf('/') + 1)
}

function union(types: string[]): string {
  return [...new Set(types)].join(' | ')
}
