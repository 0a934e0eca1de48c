import { Problem } from '../primitives/problem.ts'

export function customerNotFound(): Problem {
  return new Problem(404, 'customer_not_found', 'There is no such customer.')
}
