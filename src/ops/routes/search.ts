import { z } from 'zod'
import { answerJson, invalidCursor, readQuery, textInQuery } from '../../platform/http/index.ts'
import type { Route } from '../../platform/http/index.ts'
import { isIdentifier } from '../../primitives/identifier.ts'
import { search } from '../search/search.ts'
import type { OpsActions } from './opsActions.ts'

const TEXT_CHARS_MAX = 256

const Query = z.strictObject({
  q: textInQuery().max(TEXT_CHARS_MAX),
  /** `next_from` of the answer before. */
  from: textInQuery().optional(),
  /** Where it begins to look back; an identifier tells when it was made. */
  until: textInQuery()
    .pipe(
      z.iso.datetime({ offset: true, error: 'must be a time with an offset, such as 2027-01-31T12:00:00Z' }),
    )
    .optional(),
})

/** `GET /ops/api/search`: messages by identifier, number or reference. */
export function searchRoute({ db, region }: OpsActions): Route {
  return {
    method: 'get',
    path: '/ops/api/search',
    access: 'admin',
    async handle(request, response) {
      const { q, from, until } = readQuery(Query, request.query)
      if (from !== undefined && !isIdentifier(from)) throw invalidCursor()
      const start = from ?? (until === undefined ? undefined : lastBefore(Date.parse(until)))
      const { found, nextFrom, lookedBackTo } = await search(db, { text: q.trim(), from: start, region })
      answerJson(response, {
        messages: found.map(({ smsIdentifier, userId, createdAt, recipientNo, ...others }) => ({
          ...{ message_id: smsIdentifier, user_id: userId, ...others, recipient_no: recipientNo },
          created_at: createdAt.toISOString(),
        })),
        next_from: nextFrom,
        looked_back_to: lookedBackTo?.toISOString() ?? null,
      })
    },
  }
}

/** @returns 16 bytes in hex above every identifier that was made until then. */
function lastBefore(epochMs: number): string {
  return epochMs.toString(16).padStart(12, '0').padEnd(32, 'f')
}
