import type { z } from 'zod'
import { isNearMiss } from '../../primitives/nearMiss.ts'
import { Problem } from '../../primitives/problem.ts'
import type { FieldFault } from '../../primitives/problem.ts'

/** Enough to correct a request. Ten thousand wrong recipients would make a response of a megabyte. */
const ERRORS_LISTED_MAX = 20
/** A body may have a hundred thousand unknown fields; the one that was meant is among the first, and is short. */
const UNKNOWN_FIELDS_MAX = 50
const FIELD_NAME_LENGTH_MAX = 40

/** Names that other APIs use for a field, such as `amount` for `balance`. */
export type Synonyms = Readonly<Record<string, readonly string[]>>

/**
 * @returns the body or the query as the schema reads it; fields that the schema does not know are ignored, unless it
 * is strict.
 * @throws Problem 400 `invalid_request`, as refusalOf returns it.
 */
export function readInput<S extends z.ZodObject>(
  schema: S,
  input: unknown,
  synonyms: Synonyms = {},
): z.output<S> {
  const result = schema.safeParse(input, { error: explain })
  if (result.success) return result.data
  throw toProblem(result.error.issues, { schema, input, synonyms })
}

/** @returns the problem that readInput throws for this input: it names each wrong field. @throws Error for valid input. */
export function refusalOf(schema: z.ZodObject, input: unknown, synonyms: Synonyms = {}): Problem {
  const result = schema.safeParse(input, { error: explain })
  if (result.success) throw new Error('the input is valid')
  return toProblem(result.error.issues, { schema, input, synonyms })
}

/** One field that is wrong for a reason that a schema cannot know. */
export function invalidField(field: string, message: string): Problem {
  return invalid('invalid_request', [{ field, message }])
}

/** The same for several fields; the first 20 are listed. */
export function invalidFields(faults: FieldFault[]): Problem {
  return invalid('invalid_request', faults)
}

export function invalidCursor(): Problem {
  return invalid('invalid_cursor', [{ field: 'cursor', message: 'is not a cursor of this list' }])
}

interface Checked {
  schema: z.ZodObject
  input: unknown
  synonyms: Synonyms
}

function toProblem(issues: z.core.$ZodIssue[], checked: Checked): Problem {
  const faults = toFieldFaults(issues).map((fault) => suggest(fault, checked))
  return invalid('invalid_request', faults)
}

/** Lists the first faults and counts the others. */
function invalid(code: string, faults: FieldFault[]): Problem {
  const omitted = faults.length - ERRORS_LISTED_MAX
  return new Problem(400, code, toSentence(faults), {
    errors: faults.slice(0, ERRORS_LISTED_MAX),
    ...(omitted > 0 ? { members: { errors_omitted: omitted } } : {}),
  })
}

function toSentence([first, ...others]: FieldFault[]): string {
  const sentence = first ? `${first.field} ${first.message}.` : 'The request is not valid.'
  if (others.length === 0) return sentence
  return `${sentence} ${others.length} more ${others.length === 1 ? 'field is' : 'fields are'} wrong; see errors.`
}

/** The first fault of each field: a number too large to be exact is also above its maximum, and once is enough. */
function toFieldFaults(issues: z.core.$ZodIssue[]): FieldFault[] {
  const faults = new Map<string, FieldFault>()
  for (const issue of issues) {
    if (issue.code === 'unrecognized_keys') {
      for (const key of issue.keys) {
        const field = nameField([...issue.path, key.slice(0, FIELD_NAME_LENGTH_MAX)])
        faults.set(field, { field, message: UNKNOWN_FIELD })
      }
      continue
    }
    const field = nameField(issue.path)
    if (!faults.has(field)) faults.set(field, { field, message: issue.message })
  }
  return [...faults.values()]
}

/** Of a schema that refuses what it does not know: a misspelt option must not be left out silently. */
const UNKNOWN_FIELD = 'is not a known field'

/** Unknown fields are ignored, unless one of them was probably meant for a required field that is missing. */
function suggest(fault: FieldFault, { schema, input, synonyms }: Checked): FieldFault {
  const { field, message } = fault
  if (message === UNKNOWN_FIELD) {
    const known = Object.keys(schema.shape).find((name) => isNearMiss(field, name))
    return known === undefined ? fault : { field, message: `${message}; did you mean "${known}"?` }
  }
  if (!Object.hasOwn(schema.shape, field) || (input as Record<string, unknown>)[field] !== undefined) {
    return fault
  }
  const names = [field, ...(synonyms[field] ?? [])]
  const meant = Object.keys(input as object)
    .filter((name) => !Object.hasOwn(schema.shape, name))
    .slice(0, UNKNOWN_FIELDS_MAX)
    .find((name) => name.length <= FIELD_NAME_LENGTH_MAX && names.some((each) => isNearMiss(name, each)))
  if (meant === undefined) return fault
  return { field, message: `${message} ("${meant}" is not a known field; did you mean "${field}"?)` }
}

/** `recipients[3]`, as a client writes it; `body` for the whole body. */
function nameField(path: PropertyKey[]): string {
  if (path.length === 0) return 'body'
  return path
    .map((step, index) => (typeof step === 'number' ? `[${step}]` : `${index > 0 ? '.' : ''}${String(step)}`))
    .join('')
}

/** Says in plain words what the library says in its own terms. A schema's own message comes first. */
function explain(issue: z.core.$ZodRawIssue): string | undefined {
  const isMissing = issue.input === undefined
  if (issue.code === 'invalid_type') {
    if (isMissing) return 'is required'
    if (issue.expected === 'int') return 'must be a whole number'
    return `must be ${articleFor(issue.expected)}`
  }
  if (issue.code === 'invalid_value') {
    return `${isMissing ? 'is required and ' : ''}must be ${oneOf(issue.values.map(String))}`
  }
  if (issue.code === 'too_small') return `must be at least ${issue.minimum}`
  if (issue.code === 'too_big') return `must be at most ${issue.maximum}`
  return undefined
}

function oneOf(values: string[]): string {
  return values.length < 2 ? values.join() : `${values.slice(0, -1).join(', ')} or ${values.at(-1)}`
}

function articleFor(noun: string): string {
  return /^[aeiou]/.test(noun) ? `an ${noun}` : `a ${noun}`
}
