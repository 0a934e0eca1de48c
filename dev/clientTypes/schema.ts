/** The part of JSON Schema that the OpenAPI document uses to say what a value may be. */
export interface Schema {
  $ref?: string
  anyOf?: Schema[]
  const?: unknown
  enum?: unknown[]
  type?: string | string[]
  items?: Schema
  properties?: Record<string, Schema>
  required?: string[]
  additionalProperties?: boolean | Schema
  description?: string
  default?: unknown
}

/** They restrict a value further than a type can say, or only describe it. */
const WITHOUT_A_TYPE = [
  ...['description', 'default', 'example', 'examples', 'format', 'pattern', 'propertyNames'],
  ...['minLength', 'maxLength', 'minimum', 'maximum', 'minItems', 'maxItems'],
]
const WITH_A_TYPE = [
  ...['$ref', 'anyOf', 'const', 'enum', 'type', 'items', 'properties', 'required', 'additionalProperties'],
]
const KEYWORDS = new Set([...WITHOUT_A_TYPE, ...WITH_A_TYPE])

/** @throws Error for a keyword that is not rendered: a type without it would be wrong without a sign. */
export function checkKeywords(schema: Schema): void {
  for (const keyword of Object.keys(schema))
    if (!KEYWORDS.has(keyword)) throw new Error(`the client's types cannot say the keyword ${keyword}`)
}
