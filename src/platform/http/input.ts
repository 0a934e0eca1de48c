import type { z } from 'zod'
import { Problem } from '../../primitives/problem.ts'
import type { FieldFault } from '../../primitives/problem.ts'

/** Ten thousand wrong recipients need not be listed one by one. */
const FAULTS_LISTED_MAX = 20

/**
 * @returns the body or the query as the schema reads it; fields that the schema does not know are ignored.
 * @throws Problem 400 `invalid_request` that names each wrong field.
 */
export function readInput<S extends z.ZodType>(schema: S, input: unknown): z.output<S> {
  const result = schema.safeParse(input, { error: explain })
  if (result.success) return result.data
  throw invalidRequest(toFieldFaults(result.error.issues))
}

export function invalidRequest(errors: FieldFault[], code = 'invalid_request'): Problem {
  const [first] = errors
  const detail = first ? `${first.field}: ${first.message}` : 'The request is not valid.'
  return new Problem(400, code, detail, { errors })
}

/** The first fault of each field: a number too large to be exact is also above its maximum, and once is enough. */
function toFieldFaults(issues: z.core.$ZodIssue[]): FieldFault[] {
  const faults = new Map<string, FieldFault>()
  for (const { path, message } of issues) {
    if (faults.size === FAULTS_LISTED_MAX) break
    const field = nameField(path)
    if (!faults.has(field)) faults.set(field, { field, message })
  }
  return [...faults.values()]
}

/** `recipients[3]`, as people write it; the whole body when nothing in it is meant. */
function nameField(path: PropertyKey[]): string {
  if (path.length === 0) return 'body'
  return path
    .map((step, index) => (typeof step === 'number' ? `[${step}]` : `${index > 0 ? '.' : ''}${String(step)}`))
    .join('')
}

/** Sentences for what the library says in its own terms. Schemas with messages of their own are not asked. */
function explain(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code === 'invalid_type') {
    if (issue.input === undefined) return 'is required'
    if (Array.isArray(issue.input) && issue.expected === 'string') return 'must be given once'
    if (issue.expected === 'int') return 'must be a whole number'
    return `must be ${articleFor(issue.expected)}`
  }
  if (issue.code === 'invalid_value') return `must be one of: ${issue.values.map(String).join(', ')}`
  if (issue.code === 'too_small') return `must be at least ${issue.minimum}`
  if (issue.code === 'too_big') return `must be at most ${issue.maximum}`
  return undefined
}

function articleFor(noun: string): string {
  return /^[aeiou]/.test(noun) ? `an ${noun}` : `a ${noun}`
}
