import { z } from 'zod'
import { invalidField, storableText, time, timeWithOffset } from '../../platform/http/index.ts'
import { KEY_MODES, SCOPES } from '../../primitives/access.ts'
import { isAddressRange } from '../../primitives/ipRange.ts'
import type { ApiKey, KeyRequest } from '../index.ts'

/** The size of the column, which holds the longest ranges of IPv6. */
const SOURCES_MAX = 16
const NAME_CHARS_MAX = 100

export const KeyBody = z.strictObject({
  name: storableText(1, NAME_CHARS_MAX).meta({
    description: 'What it is for; length in Unicode code points',
    examples: ['shop'],
  }),
  scopes: z
    .array(z.enum(SCOPES))
    .min(1, 'must contain at least one scope')
    .max(SCOPES.length)
    .meta({
      description: '`send` messages, `read` them and the balance, `manage` the keys of the customer',
      examples: [['send', 'read']],
    }),
  mode: z
    .enum(KEY_MODES)
    .default('live')
    .meta({ description: 'What a `test` key sends goes to the test operator alone, and costs nothing' }),
  expires_at: timeWithOffset()
    .optional()
    .meta({ description: 'When it stops to be valid; never, if left out' }),
  allowed_sources: z
    .array(
      z.string().refine(isAddressRange, 'must be an address or a range of addresses, such as 192.0.2.0/24'),
    )
    .min(1, 'must contain at least one range')
    .max(SOURCES_MAX)
    .optional()
    .meta({ description: 'Addresses and ranges that may use it; any, if left out' }),
})

/** @throws Problem 400 `invalid_request` when the key would have expired already. */
export function toKeyRequest(body: z.output<typeof KeyBody>, nowMs: number): KeyRequest {
  const expiresAt = body.expires_at === undefined ? null : new Date(body.expires_at)
  if (expiresAt && expiresAt.getTime() <= nowMs) throw invalidField('expires_at', 'must be in the future')
  return {
    name: body.name,
    mode: body.mode,
    scopes: SCOPES.filter((scope) => body.scopes.includes(scope)),
    expiresAt,
    allowedSources: body.allowed_sources ?? null,
  }
}

const KEY_SHAPE = {
  id: z.uuid().meta({ description: 'Identifies the key; it is not the key' }),
  name: z.string().meta({ description: 'What it is for' }),
  hint: z.string().meta({ description: 'How the key begins and ends' }),
  mode: z.enum(KEY_MODES),
  scopes: z.array(z.enum(SCOPES)),
  expires_at: time('When it stops to be valid').nullable(),
  allowed_sources: z
    .array(z.string())
    .nullable()
    .meta({ description: 'Addresses and ranges that may use it; null for any' }),
}

/** The key of a request, as it is shown to its holder. */
export const OwnKey = z.object(KEY_SHAPE).meta({ id: 'OwnKey' })

const LISTED_SHAPE = {
  ...KEY_SHAPE,
  created_at: time('When it was created'),
  revoked_at: time('When it was revoked').nullable(),
  last_used_at: time('When it was used last, to about a minute').nullable(),
}

export const KeyItem = z.object(LISTED_SHAPE).meta({ id: 'Key' })

export const NewKey = z
  .object({
    ...LISTED_SHAPE,
    key: z.string().meta({ description: 'The key itself. Keep it: it is shown only here' }),
  })
  .meta({ id: 'NewKey' })

type KeyMembers = Pick<ApiKey, 'id' | 'name' | 'hint' | 'mode' | 'scopes' | 'expiresAt' | 'allowedSources'>

export function toOwnKey(key: KeyMembers): z.input<typeof OwnKey> {
  return {
    id: key.id,
    name: key.name,
    hint: key.hint,
    mode: key.mode,
    scopes: [...key.scopes],
    expires_at: key.expiresAt?.toISOString() ?? null,
    allowed_sources: key.allowedSources && [...key.allowedSources],
  }
}

export function toKeyItem(key: ApiKey): z.input<typeof KeyItem> {
  return {
    ...toOwnKey(key),
    created_at: key.createdAt.toISOString(),
    revoked_at: key.revokedAt?.toISOString() ?? null,
    last_used_at: key.lastUsedAt?.toISOString() ?? null,
  }
}

export const EXAMPLE_KEY: z.input<typeof KeyItem> = {
  id: '019bd5a0-6f11-7c52-8d3e-5b7a90c1e2f4',
  name: 'shop',
  hint: 'chapar_live_...x7Qz',
  mode: 'live',
  scopes: ['send', 'read'],
  expires_at: null,
  allowed_sources: ['192.0.2.0/24'],
  created_at: '2026-01-19T08:20:00.000Z',
  revoked_at: null,
  last_used_at: '2026-01-19T08:30:00.142Z',
}

export const EXAMPLE_NEW_KEY: z.input<typeof NewKey> = {
  ...EXAMPLE_KEY,
  last_used_at: null,
  key: 'chapar_live_jq3UuJwSgM0mQ8r2Xv5TzK1LpYd9NcB4oHfWeR6sx7Qz',
}

export const EXAMPLE_KEY_BODY: z.input<typeof KeyBody> = {
  name: 'shop',
  scopes: ['send', 'read'],
  allowed_sources: ['192.0.2.0/24'],
}
