import { Problem } from '../../primitives/problem.ts'

/** Also for a bulk of another customer: which identifiers exist is not told. */
export function bulkNotFound(): Problem {
  return new Problem(404, 'bulk_not_found', 'There is no such bulk.')
}
