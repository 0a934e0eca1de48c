import { z } from 'zod'
import { ProblemSchema } from '../platform/http/index.ts'
import { TOPPED_UP_MAX } from '../primitives/money.ts'
import { Problem } from '../primitives/problem.ts'
import type { TopUpDecision } from './types.ts'

/** The refusal with the code `outcome_unknown`, for the OpenAPI document. */
export const TopUpUnavailable = ProblemSchema.extend({
  transaction_id: z
    .string()
    .optional()
    .meta({ description: 'With `outcome_unknown`: the transaction to look up in the balance' }),
}).meta({ id: 'TopUpUnavailable' })

/** @returns what the client is told when its money was not added, or when that is not known. */
export function refuseTopUp(decision: Exclude<TopUpDecision, { kind: 'added' }>): Problem {
  switch (decision.kind) {
    case 'balance_limit':
      return new Problem(
        409,
        'balance_limit',
        `The balance would be above the largest that can be kept, ${TOPPED_UP_MAX}. Nothing was added.`,
      )
    case 'outcome_unknown':
      // No Retry-After: a client that retries automatically would add the money twice.
      return new Problem(
        503,
        'outcome_unknown',
        'The money may or may not have been added. Look up the transaction_id in the balance before adding it again.',
        { members: { transaction_id: decision.transactionId } },
      )
  }
}
