import type { Dialect } from '../gateway.ts'

/** A gateway of the kind that answers 200 and one line of text to everything. */
export const PLAIN_TEXT: Dialect = {
  read({ method, path, query, headers }) {
    if (`${method} ${path}` !== 'GET /api/http-api.php') return { status: 404 }
    if (headers['x-api-key'] !== 'key') return { status: 200, body: 'ERROR: 401' }
    return { to: query.get('to') ?? '', text: query.get('text') ?? '', from: query.get('from') }
  },
  accepted: (identifier) => ({
    status: 200,
    body: `OK: 0; Sent queued message ID: 941596d028699601 SMSGlobalMsgID:${identifier}\r\n`,
  }),
  rejected: () => ({ status: 200, body: 'ERROR: 13' }),
  throttled: () => ({ status: 200, body: 'ERROR: 88' }),
  outOfService: { status: 200, body: 'ERROR: 402' },
  failed: { status: 500, body: 'ERROR' },
  refused: { status: 200, body: 'ERROR: 102' },
  odd: () => ({ status: 200, body: 'OK: 0; Sent queued message ID: 1 SMSGlobalMsgID:6264 5912' }),
}
