import { findOperator, listOperators, writeControl } from '../operators/index.ts'
import type { ControlChange, ListedOperator } from '../operators/index.ts'
import { read } from '../platform/db/index.ts'
import type { Db } from '../platform/db/index.ts'
import { changeAccounts } from './change.ts'
import type { AccountsContext } from './change.ts'

/** @returns every operator that a consumer is configured with, in order of preference. */
export function readOperators(db: Db): Promise<ListedOperator[]> {
  return read(db, 'accounts.list_operators', listOperators)
}

/**
 * Pauses, drains, resumes or weights an operator, and records who did it and why. It is in effect in every consumer within
 * a second. @returns undefined when no consumer is configured with it.
 */
export function changeOperator(
  context: AccountsContext,
  name: string,
  change: ControlChange,
  actor: string,
): Promise<ListedOperator | undefined> {
  // Wrapped, because undefined is what a change without a result comes to.
  return changeAccounts<{ operator: ListedOperator | undefined }>(
    context,
    'accounts.change_operator',
    async (tx) => {
      if (!(await findOperator(tx, name))) return { result: { operator: undefined } }
      await writeControl(tx, name, change, actor)
      return {
        result: { operator: await findOperator(tx, name) },
        change: { actor, action: 'operator.change', userId: null, details: { operator: name, ...change } },
        // Operators have a revision of their own: keys stay as they are.
        raise: () => Promise.resolve(),
      }
    },
  ).then(({ operator }) => operator)
}
