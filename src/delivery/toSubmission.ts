import { senderAt } from '../operators/index.ts'
import type { Operator, Submission } from '../operators/index.ts'
import type { Task } from './inFlight.ts'

/** A message as this operator gets it. */
export function toSubmission(
  { reference, recipient, sender, text, partsTaken }: Task,
  { name, senders = null }: Pick<Operator, 'name' | 'senders'>,
): Submission {
  const partIds = partsTaken.get(name)
  const from = senderAt(senders, sender) ?? null
  return { reference, to: recipient, from, text, ...(partIds && { partIds }) }
}
