import type { Request } from 'express'
import { tooManyWrongKeys } from '../../platform/http/index.ts'
import type { Authorize } from '../../platform/http/index.ts'
import type { Access } from '../../primitives/access.ts'
import { Problem } from '../../primitives/problem.ts'
import { readToken } from './cookie.ts'
import type { Session } from './findSession.ts'
import { isCsrfTokenOf } from './token.ts'

export interface SessionGuard {
  findSession: (token: string) => Promise<Session | undefined>
  /** Wrong tokens are counted as wrong keys are. */
  wrongTokens: { waitSeconds(source: string): number; count(source: string): void }
  sourceOf: (request: Request) => string
}

/** Tokens that were those of sessions, so that guesses from the same address do not slow them down. */
const KNOWN_MAX = 100
const READS = ['GET', 'HEAD']
export const CSRF_HEADER = 'x-csrf-token'

/** Beside keys, admits the sessions of the operations page: to what the admin key may do, and to nothing else. */
export function admitSessions(authorize: Authorize, guard: SessionGuard): Authorize {
  const known = new Set<string>()
  const admit = async (request: Request, token: string): Promise<Access> => {
    const source = guard.sourceOf(request)
    const waitSeconds = known.has(token) ? 0 : guard.wrongTokens.waitSeconds(source)
    if (waitSeconds > 0) throw tooManyWrongKeys(waitSeconds)
    const session = await guard.findSession(token)
    if (!session) {
      if (!known.delete(token)) guard.wrongTokens.count(source)
      throw sessionExpired()
    }
    refuseForged(request, token)
    remember(known, token)
    return { isAdmin: true, isTest: false, isOpen: false, actor: session.actor }
  }
  return (request, route) => {
    if (route.access !== 'admin' || hasKey(request)) return authorize(request, route)
    const token = readToken(request)
    return token === undefined ? authorize(request, route) : admit(request, token)
  }
}

/** Whether the request carries a key, which then alone decides. */
export function hasKey({ headers }: Pick<Request, 'headers'>): boolean {
  return headers['x-api-key'] !== undefined || headers.authorization !== undefined
}

/** A change has to come from the page: a cookie alone only says which browser it is. */
function refuseForged({ method, headers }: Request, token: string): void {
  const site = headers['sec-fetch-site']
  const isForeign = site !== undefined && site !== 'same-origin' && site !== 'none'
  const given = headers[CSRF_HEADER]
  const isOfPage = READS.includes(method) || (typeof given === 'string' && isCsrfTokenOf(token, given))
  if (isForeign || !isOfPage) throw csrfTokenRequired()
}

function remember(known: Set<string>, token: string): void {
  if (known.has(token)) return
  const [oldest] = known.size >= KNOWN_MAX ? known : []
  if (oldest !== undefined) known.delete(oldest)
  known.add(token)
}

export function sessionExpired(): Problem {
  return new Problem(401, 'session_expired', 'The session has ended. Sign in again.')
}

export function csrfTokenRequired(): Problem {
  return new Problem(
    403,
    'csrf_token_required',
    `Only the operations page may do this, by its ${CSRF_HEADER}.`,
  )
}
