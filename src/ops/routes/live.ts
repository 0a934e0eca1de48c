import { keyRequired, openStream } from '../../platform/http/index.ts'
import type { Route } from '../../platform/http/index.ts'
import { tooManyListeners } from '../live/keepLive.ts'
import { readToken } from '../sessions/cookie.ts'
import { findSession } from '../sessions/findSession.ts'
import type { OpsActions } from './opsActions.ts'

/** `GET /ops/api/live`: server-sent events, one picture of all processes a second, until the page or the process ends. */
export function liveRoute({ live, db, adminKey = '' }: OpsActions): Route {
  const context = { db, adminKey }
  return {
    method: 'get',
    path: '/ops/api/live',
    access: 'admin',
    quiet: true,
    handle(request, response) {
      const token = readToken(request)
      // A stream ends with its session, and a key has none.
      if (token === undefined) throw keyRequired()
      if (!live.hasRoom()) throw tooManyListeners()
      const stream = openStream(response)
      const leave = live.listen({
        stream,
        isSignedIn: async () => (await findSession(context, token)) !== undefined,
      })
      response.on('close', leave)
    },
  }
}
