import { answerJson, answerNothing, contextOf, keyRequired } from '../../platform/http/index.ts'
import type { Route } from '../../platform/http/index.ts'
import { hasKey } from '../sessions/admitSessions.ts'
import { cookieOf, readToken, removedCookie } from '../sessions/cookie.ts'
import { endSession, findSession } from '../sessions/findSession.ts'
import { openSession } from '../sessions/openSession.ts'
import { csrfTokenOf } from '../sessions/token.ts'
import type { OpsActions } from './opsActions.ts'

const PATH = '/ops/api/session'

/** Signing in with the admin key, which is then sent no more; asking who is signed in; signing out. */
export function sessionRoutes({ db, adminKey = '', currency }: OpsActions): Route[] {
  const context = { db, adminKey }
  return [
    {
      method: 'post',
      path: PATH,
      access: 'admin',
      async handle(request, response, access) {
        // A session must not open another one, or it would have no end.
        if (!hasKey(request)) throw keyRequired()
        const token = await openSession(context, access.actor)
        contextOf(response).fields['signed_in'] = true
        response.setHeader('Set-Cookie', cookieOf(request, token))
        answerJson(response, { csrf_token: csrfTokenOf(token), currency }, 201)
      },
    },
    {
      method: 'get',
      path: PATH,
      access: 'admin',
      async handle(request, response) {
        const token = readToken(request)
        const session = token === undefined ? undefined : await findSession(context, token)
        if (token === undefined || !session) throw keyRequired()
        answerJson(response, {
          csrf_token: csrfTokenOf(token),
          currency,
          actor: session.actor,
          expires_at: session.expiresAt.toISOString(),
        })
      },
    },
    {
      method: 'delete',
      path: PATH,
      access: 'admin',
      async handle(request, response) {
        const token = readToken(request)
        if (token !== undefined) await endSession(context, token)
        response.setHeader('Set-Cookie', removedCookie(request))
        answerNothing(response)
      },
    },
  ]
}
