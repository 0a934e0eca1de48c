/** The subset of JSON Schema that the OpenAPI document uses. */
export interface Schema {
  type?: string | string[]
  anyOf?: Schema[]
  enum?: unknown[]
  minimum?: number
  maximum?: number
  minLength?: number
  maxLength?: number
  pattern?: string
  format?: string
  items?: Schema
  minItems?: number
  maxItems?: number
  properties?: Record<string, Schema>
  required?: string[]
  default?: unknown
}

/** Whether a value conforms to the schema. Unknown fields are ignored, as documented. */
export function conforms(schema: Schema, value: unknown): boolean {
  if (schema.enum && !schema.enum.includes(value)) return false
  switch (schema.type) {
    case 'integer':
      return Number.isSafeInteger(value) && isWithin(value as number, schema.minimum, schema.maximum)
    case 'string':
      return typeof value === 'string' && isText(schema, value)
    case 'array':
      return (
        Array.isArray(value) &&
        isWithin(value.length, schema.minItems, schema.maxItems) &&
        value.every((item) => conforms(schema.items ?? {}, item))
      )
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value) && hasFields(schema, value)
    case undefined:
      return true
    default:
      throw new Error(`a schema of type ${String(schema.type)} is not understood here`)
  }
}

function isText(schema: Schema, text: string): boolean {
  if (!isWithin([...text].length, schema.minLength, schema.maxLength)) return false
  return schema.pattern === undefined || new RegExp(schema.pattern, 'u').test(text)
}

function hasFields({ properties = {}, required = [] }: Schema, value: object): boolean {
  if (!required.every((name) => Object.hasOwn(value, name))) return false
  return Object.entries(properties).every(
    ([name, schema]) =>
      !Object.hasOwn(value, name) || conforms(schema, (value as Record<string, unknown>)[name]),
  )
}

function isWithin(value: number, least = -Infinity, most = Infinity): boolean {
  return value >= least && value <= most
}
