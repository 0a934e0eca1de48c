import { Problem } from '../../primitives/problem.ts'
import { CommitUnknown } from '../db/faults.ts'
import type { Refusal } from './refusals.ts'

function changeUnknown(): Problem {
  return new Problem(
    503,
    'outcome_unknown',
    'The change may or may not have been made. Read what is there before you repeat it.',
  )
}

/** Answers a change whose commit is not known, without Retry-After: a repeat may make it twice. */
export async function orUnknown<T>(change: Promise<T>): Promise<T> {
  try {
    return await change
  } catch (error) {
    throw error instanceof CommitUnknown ? changeUnknown() : error
  }
}

/** Of a route that answers so. */
export const CHANGE: Refusal[] = [
  { when: 'the change may or may not have been made; read before repeating it', example: changeUnknown() },
]
