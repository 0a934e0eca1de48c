import { randomUUID } from 'node:crypto'
import type { Submission } from '../../src/operators/contract.ts'

/** Messages as a request makes them: one identifier, a running number, a number of their own. */
export function messages(count: number, text = 'hello'): Submission[] {
  const identifier = randomUUID()
  return Array.from({ length: count }, (_, at) => ({
    reference: `${identifier}:${at}`,
    to: `98912${String(at).padStart(7, '0')}`,
    from: null,
    text,
  }))
}

export function message(text?: string): Submission {
  return messages(1, text)[0] as Submission
}
