import type { ClientRecord, Repeated } from '../clients/record.ts'

/**
 * Requests that were repeated under an idempotency key and did not all get the first answer, byte for byte; or that were
 * decided anew, which only one of them may be. @returns one line each.
 */
export function compareRepeats({
  sent,
  bulks,
  toppedUp,
}: Pick<ClientRecord, 'sent' | 'bulks' | 'toppedUp'>): string[] {
  return [
    ...sent.flatMap((each) => explain(`${each.mark}, message ${each.smsIdentifier}`, each.repeated)),
    ...bulks.flatMap((each) => explain(`${each.mark}, bulk ${each.bulkId}`, each.repeated)),
    ...toppedUp.flatMap((each) => explain(`${each.mark}, top-up ${each.transactionId}`, each.repeated)),
  ]
}

function explain(name: string, repeated: Repeated | undefined): string[] {
  if (!repeated) return []
  const { answers, firsts, tries, firstsMax = 1 } = repeated
  const wrong: string[] = []
  if (answers.length > 1) wrong.push(`${name}: ${tries} tries got ${answers.join(' and ')}`)
  if (firsts > firstsMax) wrong.push(`${name}: ${firsts} of ${tries} tries were answered as the first`)
  return wrong
}
