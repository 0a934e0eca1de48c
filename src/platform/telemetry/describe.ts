import { IDENTIFIER_FIELDS, PRIVATE_FIELDS, maskNumbersIn } from '../../primitives/privacy.ts'

/** Bounds of one line: a line must not cost more than the work it describes. */
const DEPTH_MAX = 4
const ITEMS_MAX = 20
const CHARS_MAX = 1_000
const STACK_CHARS_MAX = 4_000

const HIDDEN = '[hidden]'

export interface DescribeOptions {
  /** A stack is useful only for faults of this program. */
  withStacks: boolean
}

/**
 * @returns the same facts, fit for a log line: private fields hidden, telephone numbers masked inside all other
 * texts, errors as name, message and code, everything bounded in size.
 */
export function describe(fields: Record<string, unknown>, options: DescribeOptions): Record<string, unknown> {
  return describeFields(fields, options, 0)
}

function describeFields(fields: object, options: DescribeOptions, depth: number): Record<string, unknown> {
  const described: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(fields).slice(0, ITEMS_MAX)) {
    // A count under such a name is not private, such as `recipients` of an accepted request.
    if (PRIVATE_FIELDS.has(name) && typeof value !== 'number') described[name] = HIDDEN
    else if (IDENTIFIER_FIELDS.has(name) && typeof value === 'string')
      described[name] = value.slice(0, CHARS_MAX)
    else described[name] = describeValue(value, options, depth)
  }
  return described
}

function describeValue(value: unknown, options: DescribeOptions, depth: number): unknown {
  if (typeof value === 'string') return maskNumbersIn(value).slice(0, CHARS_MAX)
  if (typeof value === 'bigint') return value.toString()
  if (typeof value === 'function' || typeof value === 'symbol') return undefined
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Date) return value.toISOString()
  if (depth >= DEPTH_MAX) return '[deeper]'
  if (value instanceof Error) return describeError(value, options, depth)
  if (Array.isArray(value))
    return value.slice(0, ITEMS_MAX).map((item) => describeValue(item, options, depth + 1))
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`
  return describeFields(value, options, depth + 1)
}

/**
 * Only these members: drivers attach the whole statement with its values to their errors, and parsers the whole body.
 */
function describeError(error: Error, options: DescribeOptions, depth: number): Record<string, unknown> {
  const { code, errno } = error as { code?: unknown; errno?: unknown }
  const described: Record<string, unknown> = {
    name: error.name,
    message: maskNumbersIn(error.message).slice(0, CHARS_MAX),
  }
  if (typeof code === 'string' || typeof code === 'number') described['code'] = code
  if (typeof errno === 'number') described['errno'] = errno
  if (options.withStacks && error.stack) {
    described['stack'] = maskNumbersIn(error.stack).slice(0, STACK_CHARS_MAX)
  }
  if (error.cause !== undefined) described['cause'] = describeValue(error.cause, options, depth + 1)
  return described
}
