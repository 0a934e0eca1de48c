import type { Operator } from '../../operators/index.ts'
import type { MessageClass } from '../../primitives/messageClass.ts'
import type { Task } from '../inFlight.ts'

/**
 * Whether a message may be submitted again that operators may have and do not know of: to any operator, to the one that
 * takes it only once, or never (decision 0034).
 * @param mayHave the operators; undefined stands for one that is not known, or not in the route any more.
 */
export function mayRepeat(
  { onUnknown }: Pick<Task, 'onUnknown'>,
  type: MessageClass,
  mayHave: readonly (Pick<Operator, 'name' | 'deduplicatesReferences'> | undefined)[],
): 'anywhere' | { onlyAt: string } | 'never' {
  if (onUnknown === 'hold') return 'never'
  if (onUnknown === 'retry' || type === 'express') return 'anywhere'
  const [only, ...others] = mayHave
  return only?.deduplicatesReferences && others.length === 0 ? { onlyAt: only.name } : 'never'
}
