import { invalidCursor } from '../../platform/http/index.ts'
import { decodeCursor, encodeCursor } from '../../primitives/cursor.ts'
import { isIdentifier } from '../../primitives/identifier.ts'
import type { PageQuery } from '../index.ts'

/** @returns the page that `limit` and `cursor` ask for. `kind` names the list. @throws Problem 400 `invalid_cursor`. */
export function toPageQuery(kind: string, query: { limit: number; cursor?: string | undefined }): PageQuery {
  if (query.cursor === undefined) return { limit: query.limit }
  const [before, ...rest] = decodeCursor(kind, query.cursor) ?? []
  if (before === undefined || !isIdentifier(before) || rest.length > 0) throw invalidCursor()
  return { limit: query.limit, before }
}

export function toNextCursor(kind: string, nextBefore: string | null): string | null {
  return nextBefore === null ? null : encodeCursor(kind, [nextBefore])
}
