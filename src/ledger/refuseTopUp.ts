import { z } from 'zod'
import { KEYED, keyReused } from '../idempotency/index.ts'
import { ProblemSchema, toProblem } from '../platform/http/index.ts'
import type { Refusal } from '../platform/http/index.ts'
import { TOPPED_UP_MAX } from '../primitives/money.ts'
import { Problem } from '../primitives/problem.ts'
import { Unavailable } from '../primitives/unavailable.ts'
import type { TopUpDecision } from './types.ts'

/** The refusal with the code `outcome_unknown`, for the OpenAPI document. */
const TopUpUnavailable = ProblemSchema.extend({
  transaction_id: z
    .string()
    .optional()
    .meta({ description: 'With `outcome_unknown`: the transaction to look up in the balance' }),
}).meta({ id: 'TopUpUnavailable' })

/** @returns what the client is told when its money was not added, or when that is not known. */
export function refuseTopUp(
  decision: Exclude<TopUpDecision, { kind: 'added' | 'replayed' }>,
  { isKeyed = false } = {},
): Problem | Unavailable {
  switch (decision.kind) {
    case 'key_reused':
      return keyReused()
    case 'balance_limit':
      return new Problem(
        409,
        'balance_limit',
        `The balance would be above the largest that can be kept, ${TOPPED_UP_MAX}. Nothing was added.`,
      )
    case 'outcome_unknown':
      if (isKeyed)
        return new Unavailable(
          'outcome_unknown',
          'The money may or may not have been added. Repeat the request with the same Idempotency-Key: it is added once.',
        )
      // No Retry-After: a client that retries automatically would add the money twice.
      return new Problem(
        503,
        'outcome_unknown',
        'The money may or may not have been added. Look up the transaction_id in the balance before adding it again.',
        { members: { transaction_id: decision.transactionId } },
      )
  }
}

/** Of a request that adds money. */
export const OF_TOP_UP: Refusal[] = [
  {
    when: `the balance would be above ${TOPPED_UP_MAX}`,
    example: toProblem(refuseTopUp({ kind: 'balance_limit' })),
  },
  {
    when: 'the money may or may not have been added; look up `transaction_id` in the balance before adding it again',
    example: toProblem(
      refuseTopUp({ kind: 'outcome_unknown', transactionId: '019bd59f-0b73-7d15-8c4e-91a2f6e03b58' }),
    ),
    schema: TopUpUnavailable,
  },
  ...KEYED,
]
