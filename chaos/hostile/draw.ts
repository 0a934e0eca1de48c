import type { Random } from '../random.ts'
import type { Schema } from './conforms.ts'
import type { Operation } from './operations.ts'

/**
 * The names and JSON texts of a body's members. They are texts, because many hostile values have no other
 * representation.
 */
export type Members = [name: string, json: string][]

/** The generator's knowledge besides the document. */
export interface World {
  operations: Operation[]
  prices: { normal: number; express: number }
  /** Customers with known balances: the last few are poor, the others rich. */
  customers: number[]
  host: string
  /** Keys for the routes that need one; `test` is a test key of the same customer, whose messages are accepted. */
  keys: { customer: string; test: string; admin: string }
}

const LETTERS = [
  'a',
  'e',
  ' ',
  'س',
  'ل',
  'م',
  '你',
  '😀',
  '\n',
  '"',
  '\\',
  '\u202e',
  '\u0301',
  "'",
  '%',
  '\t',
]
/** Usually few, so that a run has more requests than messages. The limits are drawn separately. */
const ITEMS_MAX = 4
const TEXT_CHARS_MAX = 40
const AMOUNT_MAX = 1_000
/** Numbers in any writing have no pattern in the document. */
const NUMBER = '^\\+?[0-9]{5,15}$'

/** @returns a value that the schema allows. */
export function drawValue(random: Random, world: World, schema: Schema, name: string): unknown {
  const { items = {}, minItems = 0 } = schema
  const type = Array.isArray(schema.type) ? schema.type.find((each) => each !== 'null') : schema.type
  if (schema.anyOf) return drawValue(random, world, random.pick(schema.anyOf), name)
  if (type === 'null') return null
  if (schema.enum) return random.pick(schema.enum)
  if (type === 'boolean') return random.share() < 0.5
  if (type === 'integer') return drawInteger(random, world, schema, name)
  if (type === 'string') return drawText(random, name === 'to' ? { pattern: NUMBER } : schema)
  if (type === 'object') return JSON.parse(toJson(drawMembers(random, world, schema))) as unknown
  if (type !== 'array') throw new Error(`${name}: nothing can be drawn for type ${type}`)
  return Array.from({ length: random.whole(minItems, ITEMS_MAX) }, () =>
    drawValue(random, world, items, name),
  )
}

function drawInteger(
  random: Random,
  world: World,
  { minimum = 0, maximum = 1 }: Schema,
  name: string,
): number {
  if (/^(customer|user)_id$/.test(name)) return random.pick(world.customers)
  return random.whole(minimum, Math.min(maximum, AMOUNT_MAX))
}

function drawText(
  random: Random,
  { pattern, format, minLength = 0, maxLength = TEXT_CHARS_MAX }: Schema,
): string {
  if (format === 'uuid') return drawUuid(random)
  if (format === 'date-time') return new Date(Date.UTC(2026, 0, random.whole(1, 1_000))).toISOString()
  if (pattern !== undefined) return isTimeOfDay(pattern) ? drawTimeOfDay(random) : drawNumber(random, pattern)
  const length = random.whole(minLength, Math.min(maxLength, TEXT_CHARS_MAX))
  return Array.from({ length }, () => random.pick(LETTERS)).join('')
}

function isTimeOfDay(pattern: string): boolean {
  return new RegExp(pattern, 'u').test('23:59')
}

function drawTimeOfDay(random: Random): string {
  const two = (max: number) => String(random.whole(0, max)).padStart(2, '0')
  return `${two(23)}:${two(59)}`
}

/** Few enough that a request sometimes has duplicates. Without a plus where the pattern takes none. */
function drawNumber(random: Random, pattern: string): string {
  const plus = random.share() < 0.5 ? '+' : ''
  const digits = `0912${String(random.whole(0, 999)).padStart(random.whole(3, 7), '0')}`
  const number = [plus + digits, digits].find((each) => new RegExp(pattern, 'u').test(each))
  if (number === undefined) throw new Error(`nothing is drawn for the pattern ${pattern} yet`)
  return number
}

export function drawUuid(random: Random): string {
  const hex = (digits: number) =>
    Array.from({ length: digits }, () => random.whole(0, 15).toString(16)).join('')
  return `${hex(8)}-${hex(4)}-7${hex(3)}-8${hex(3)}-${hex(12)}`
}

/** @returns a valid body's members; optional ones may be missing. */
export function drawMembers(
  random: Random,
  world: World,
  { properties = {}, required = [] }: Schema,
): Members {
  return Object.entries(properties)
    .filter(([name]) => required.includes(name) || random.share() < 0.5)
    .map(([name, schema]) => [name, JSON.stringify(drawValue(random, world, schema, name))])
}

/** @returns a valid query, its values as text. */
export function drawQuery(random: Random, world: World, operation: Operation): Members {
  return operation.query
    .filter(({ isRequired, name }) => isRequired || (name !== 'cursor' && random.share() < 0.3))
    .map(({ name, schema }) => [name, String(drawValue(random, world, schema, name))])
}

export function toJson(members: Members): string {
  return `{${members.map(([name, json]) => `${JSON.stringify(name)}:${json}`).join(',')}}`
}

export function toQuery(members: Members): string {
  return members.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`).join('&')
}
