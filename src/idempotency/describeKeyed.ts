import { z } from 'zod'
import type { Refusal } from '../platform/http/index.ts'
import { keyReused, malformedKey } from './readKeyed.ts'

/** Headers of a request that moves money. */
export const KeyedHeaders = z.object({
  'Idempotency-Key': z
    .string()
    .optional()
    .meta({
      description:
        'Makes repeats safe: 1 to 255 visible ASCII characters, kept for 24 hours, and for a scheduled message until 24 hours after its time. A repeat with the same key and body moves ' +
        'no money and gets the first answer, with `Idempotent-Replayed: true`; so `outcome_unknown` may be repeated.',
      example: '7f3c1a52-order-1843',
    }),
})

/** Of a request that may have an idempotency key. */
export const KEYED: Refusal[] = [
  {
    when: '`Idempotency-Key` is malformed',
    example: malformedKey('must be 1 to 255 visible ASCII characters without spaces'),
  },
  { when: 'another request used the `Idempotency-Key`', example: keyReused() },
]
