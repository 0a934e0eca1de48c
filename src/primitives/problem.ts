/** One field of a request that is wrong, named as the client wrote it: `text`, `recipients[3]`. */
export interface FieldFault {
  field: string
  message: string
}

export interface ProblemExtras {
  errors?: FieldFault[]
  /** Further members of the document, such as what a refused request would have cost. */
  members?: Record<string, string | number>
  /** Headers that belong to the answer, such as Allow. */
  headers?: Record<string, string>
}

/** An answer other than success. `code` is stable and for programs, `detail` is one sentence for people. */
export class Problem extends Error {
  readonly status: number
  readonly code: string
  readonly errors: FieldFault[]
  readonly members: Record<string, string | number>
  readonly headers: Record<string, string>

  constructor(status: number, code: string, detail: string, extras: ProblemExtras = {}) {
    super(detail)
    this.name = 'Problem'
    this.status = status
    this.code = code
    this.errors = extras.errors ?? []
    this.members = extras.members ?? {}
    this.headers = extras.headers ?? {}
  }
}

export const PROBLEM_CONTENT_TYPE = 'application/problem+json'

/** The document of RFC 9457. `type` and `instance` are names, not addresses: nothing is served under them. */
export interface ProblemDocument {
  type: string
  title: string
  status: number
  detail: string
  instance: string
  code: string
  request_id: string
  errors?: FieldFault[]
  [member: string]: unknown
}

export function toDocument(problem: Problem, requestId: string): ProblemDocument {
  const document: ProblemDocument = {
    type: `urn:chapar:problem:${problem.code}`,
    title: titleOf(problem.code),
    status: problem.status,
    detail: problem.message,
    instance: `urn:chapar:request:${requestId}`,
    code: problem.code,
    request_id: requestId,
    ...problem.members,
  }
  if (problem.errors.length > 0) document.errors = problem.errors
  return document
}

/** The title says what kind of problem it is, the same words every time: the code, written as people write. */
function titleOf(code: string): string {
  const words = code.replaceAll('_', ' ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}
