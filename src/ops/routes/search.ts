import { z } from 'zod'
import { answerJson, invalidCursor, readQuery, textInQuery } from '../../platform/http/index.ts'
import type { Route } from '../../platform/http/index.ts'
import { isIdentifier } from '../../primitives/identifier.ts'
import { search } from '../search/search.ts'
import type { OpsActions } from './opsActions.ts'

const TEXT_CHARS_MAX = 256

const Query = z.strictObject({ q: textInQuery().max(TEXT_CHARS_MAX), before: textInQuery().optional() })

/** `GET /ops/api/search`: messages by identifier, number or reference. */
export function searchRoute({ db }: OpsActions): Route {
  return {
    method: 'get',
    path: '/ops/api/search',
    access: 'admin',
    async handle(request, response) {
      const { q, before } = readQuery(Query, request.query)
      if (before !== undefined && !isIdentifier(before)) throw invalidCursor()
      const { found, nextBefore, lookedBackTo } = await search(db, { text: q.trim(), before })
      answerJson(response, {
        messages: found.map(({ smsIdentifier, userId, createdAt, recipientNo, ...others }) => ({
          ...{ message_id: smsIdentifier, user_id: userId, ...others, recipient_no: recipientNo },
          created_at: createdAt.toISOString(),
        })),
        next_before: nextBefore,
        looked_back_to: lookedBackTo?.toISOString() ?? null,
      })
    },
  }
}
