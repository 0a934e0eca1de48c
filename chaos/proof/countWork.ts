import type { ClientRecord, Sent } from '../clients/record.ts'
import { rulesOf } from '../tariffs.ts'
import { codeOf } from './codeOf.ts'

/** What clients with keys came to, by their answers; so that a run in which it did not happen proves nothing. */
export interface Work {
  /** Requests that were tried more than once under their idempotency keys. */
  repeated: number
  /** Bulks of which a message was accepted. */
  bulks: number
  /** Accepted messages of test keys. */
  testMessages: number
  /** Accepted messages of customers with tariffs of their own. */
  tariffed: number
  /** Requests that were refused for the limit of a day: a message alone, or messages of a bulk. */
  spendRefusals: number
  /** Accepted top-ups under idempotency keys. */
  keyedTopUps: number
}

export function countWork({ sent, bulks, toppedUp }: ClientRecord): Work {
  const isRefused = ({ label }: Sent) => codeOf(label) === 'spend_limit'
  const inBulks = new Set(bulks.flatMap(({ messages }) => messages))
  const accepted = sent.filter(({ answered }) => answered === 'accepted')
  return {
    repeated: [...sent, ...bulks, ...toppedUp].filter(({ repeated }) => (repeated?.tries ?? 0) > 1).length,
    bulks: bulks.filter(({ bulkId }) => bulkId !== undefined).length,
    testMessages: accepted.filter(({ isTest }) => isTest).length,
    tariffed: accepted.filter(({ customer }) => rulesOf(customer).length > 0).length,
    spendRefusals:
      sent.filter((each) => !inBulks.has(each) && isRefused(each)).length +
      bulks.filter(({ messages }) => messages.some(isRefused)).length,
    keyedTopUps: toppedUp.filter(({ answered, repeated }) => repeated && answered === 'accepted').length,
  }
}
