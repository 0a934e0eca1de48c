import { z } from 'zod'
import { nextCursor, pageFields } from '../../platform/http/index.ts'
import type { ApiKey, CreateKeyDecision, Page } from '../index.ts'
import { EXAMPLE_KEY, KeyItem, toKeyItem } from './keyFields.ts'
import type { NewKey } from './keyFields.ts'
import { toNextCursor } from './page.ts'
import { tooManyKeys } from './refuse.ts'

/** The list and the version of its cursor's fields. */
export const KEYS_CURSOR = 'keys1'

export const KeysQuery = z.strictObject(pageFields)

export const KeysAnswer = z
  .object({ keys: z.array(KeyItem), next_cursor: nextCursor })
  .meta({ id: 'KeysAnswer' })

export const RevokedAnswer = z
  .object({ id: z.uuid(), status: z.literal('revoked') })
  .meta({ id: 'RevokedAnswer' })

export function toKeysAnswer({ items, nextBefore }: Page<ApiKey>): z.input<typeof KeysAnswer> {
  return { keys: items.map(toKeyItem), next_cursor: toNextCursor(KEYS_CURSOR, nextBefore) }
}

/** @throws Problem 409 `too_many_keys`. */
export function toNewKey(decision: CreateKeyDecision): z.input<typeof NewKey> {
  if (decision.kind !== 'created') throw tooManyKeys()
  return { ...toKeyItem(decision.key), key: decision.text }
}

export const EXAMPLE_KEYS: z.input<typeof KeysAnswer> = { keys: [EXAMPLE_KEY], next_cursor: null }

export const EXAMPLE_REVOKED: z.input<typeof RevokedAnswer> = { id: EXAMPLE_KEY.id, status: 'revoked' }
