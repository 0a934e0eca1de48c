import type { z } from 'zod'
import { isNearMiss } from '../../primitives/nearMiss.ts'
import { Problem } from '../../primitives/problem.ts'
import type { FieldFault } from '../../primitives/problem.ts'
import { endSentence } from '../../primitives/text.ts'

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
  return readAs('field', { schema, input, synonyms })
}

/** As readInput, for a query: its members are called parameters. */
export function readQuery<S extends z.ZodObject>(
  schema: S,
  query: unknown,
  synonyms: Synonyms = {},
): z.output<S> {
  return readAs('parameter', { schema, input: query, synonyms })
}

function readAs<S extends z.ZodObject>(noun: Noun, checked: Checked & { schema: S }): z.output<S> {
  const result = checked.schema.safeParse(checked.input, { error: explain })
  if (result.success) return result.data
  throw toProblem(result.error.issues, noun, checked)
}

/** @returns the problem that this input is refused with: it names each wrong field. @throws Error for valid input. */
export function refusalOf(checked: Checked, noun: Noun): Problem {
  const result = checked.schema.safeParse(checked.input, { error: explain })
  if (result.success) throw new Error('the input is valid')
  return toProblem(result.error.issues, noun, checked)
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

/** What the members of the input are called. */
type Noun = 'field' | 'parameter'

interface Checked {
  schema: z.ZodObject
  input: unknown
  synonyms: Synonyms
}

function toProblem(issues: z.core.$ZodIssue[], noun: Noun, checked: Checked): Problem {
  const faults = toFaults(issues).map((fault) => suggest(fault, noun, checked))
  const written = new Set(faults.map((fault) => fault.written))
  // A name that was written for a missing one is told there, once.
  const told = faults.filter(({ field }) => !written.has(field))
  return invalid(
    'invalid_request',
    told.map(({ field, message }) => ({ field, message })),
    noun,
  )
}

/** Lists the first faults and counts the others. */
function invalid(code: string, faults: FieldFault[], noun: Noun = 'field'): Problem {
  const omitted = faults.length - ERRORS_LISTED_MAX
  return new Problem(400, code, toSentence(faults, noun), {
    errors: faults.slice(0, ERRORS_LISTED_MAX),
    ...(omitted > 0 ? { members: { errors_omitted: omitted } } : {}),
  })
}

function toSentence([first, ...others]: FieldFault[], noun: Noun): string {
  const sentence = first ? endSentence(`${first.field} ${first.message}`) : 'The request is not valid.'
  if (others.length === 0) return sentence
  return `${sentence} ${others.length} more ${others.length === 1 ? `${noun} is` : `${noun}s are`} wrong; see errors.`
}

/** A fault before it is said in words. */
interface Fault extends FieldFault {
  /** Of a schema that refuses what it does not know: a misspelt option must not be left out silently. */
  isUnknown?: boolean
  /** The unknown name that was written for this missing field. */
  written?: string
}

/** The first fault of each field: a number too large to be exact is also above its maximum, and once is enough. */
function toFaults(issues: z.core.$ZodIssue[]): Fault[] {
  const faults = new Map<string, Fault>()
  for (const issue of issues) {
    if (issue.code === 'unrecognized_keys') {
      for (const key of issue.keys) {
        const field = nameField([...issue.path, key.slice(0, FIELD_NAME_LENGTH_MAX)])
        faults.set(field, { field, message: '', isUnknown: true })
      }
      continue
    }
    const field = nameField(issue.path)
    if (!faults.has(field)) faults.set(field, { field, message: issue.message })
  }
  return [...faults.values()]
}

/** Unknown fields are ignored, unless one of them was probably meant for a required field that is missing. */
function suggest(fault: Fault, noun: Noun, { schema, input, synonyms }: Checked): Fault {
  const { field, message } = fault
  const isMeant = (name: string, known: string) =>
    [known, ...(synonyms[known] ?? [])].some((each) => isNearMiss(name, each))
  if (fault.isUnknown) {
    const known = Object.keys(schema.shape).find((name) => isMeant(field, name))
    return { field, message: unknown(noun, known) }
  }
  if (!Object.hasOwn(schema.shape, field) || (input as Record<string, unknown>)[field] !== undefined) {
    return fault
  }
  const written = Object.keys(input as object)
    .filter((name) => !Object.hasOwn(schema.shape, name))
    .slice(0, UNKNOWN_FIELDS_MAX)
    .find((name) => name.length <= FIELD_NAME_LENGTH_MAX && isMeant(name, field))
  if (written === undefined) return fault
  return { field, message: `${message} ("${written}" ${unknown(noun, field)})`, written }
}

function unknown(noun: Noun, known: string | undefined): string {
  return `is not a known ${noun}${known === undefined ? '' : `; did you mean "${known}"?`}`
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
