import { rangeNotSatisfiable, toProblem } from '../../platform/http/index.ts'
import type { Refusal } from '../../platform/http/index.ts'
import { Problem } from '../../primitives/problem.ts'
import { Unavailable } from '../../primitives/unavailable.ts'
import { FILES_PER_CUSTOMER_MAX, OPEN_PER_CUSTOMER_MAX } from '../index.ts'

export { CHANGE, orUnknown } from '../../platform/http/index.ts'

export function exportsNotServed(): Problem {
  return new Problem(404, 'exports_not_served', 'No exports are made here (EXPORT_FOLDER).')
}

/** Also the answer for another customer's export, and for a malformed identifier. */
export function exportNotFound(): Problem {
  return new Problem(404, 'export_not_found', 'There is no such export.')
}

export function customerNotFound(): Problem {
  return new Problem(404, 'customer_not_found', 'There is no such customer.')
}

export function tooManyExports(kind: 'too_many_open' | 'too_many_files'): Problem {
  const detail =
    kind === 'too_many_open'
      ? `${OPEN_PER_CUSTOMER_MAX} exports of the customer are not ready yet. Wait for one, or delete one.`
      : `The customer has ${FILES_PER_CUSTOMER_MAX} files. Delete one first.`
  return new Problem(409, 'too_many_exports', detail)
}

export function exportsOverloaded(): Unavailable {
  return new Unavailable('exports_overloaded', 'Too many exports are waiting. Nothing was changed.', {
    retryAfterSeconds: 60,
  })
}

export function tooManyDownloads(): Unavailable {
  return new Unavailable('overloaded', 'Too many files are being downloaded at this moment.', {
    retryAfterSeconds: 10,
  })
}

/** One answer for every reason, so that it says nothing about an export that is not the caller's. */
export function downloadRefused(): Problem {
  return new Problem(
    403,
    'download_refused',
    'The address is not signed for this file, or has expired. Read the export for a new one.',
  )
}

export const SERVED: Refusal[] = [
  { when: '`EXPORT_FOLDER` is not set, so that no exports are made', example: exportsNotServed() },
]
export const EXPORT: Refusal[] = [{ when: 'there is no such export', example: exportNotFound() }]
export const CUSTOMER: Refusal[] = [{ when: 'there is no such customer', example: customerNotFound() }]
export const NEW_EXPORT: Refusal[] = [
  {
    when: `the customer has ${OPEN_PER_CUSTOMER_MAX} exports that are not ready, or ${FILES_PER_CUSTOMER_MAX} files`,
    example: tooManyExports('too_many_open'),
  },
  { when: 'too many exports of all customers are waiting', example: toProblem(exportsOverloaded()) },
]
export const DOWNLOAD: Refusal[] = [
  { when: 'the address is not signed for this file, or has expired', example: downloadRefused() },
  { when: 'the file has no bytes in the range of `Range`', example: rangeNotSatisfiable() },
  { when: 'too many files are being downloaded', example: toProblem(tooManyDownloads()) },
]
