import { fingerprint } from '../../../src/idempotency/index.ts'
import { BULK_ROUTE } from '../../../src/messages/bulk/keptParts.ts'
import type { BulkDecision, BulkPart, BulkRequest, PartOutcome } from '../../../src/messages/bulk/types.ts'
import { acceptBulk } from '../../../src/messages/bulk/acceptBulk.ts'
import { cutIntoParts } from '../../../src/messages/routes/bulk/prepareBulk.ts'
import { explainRefusal } from '../../../src/messages/routes/bulk/refuseBulk.ts'
import type { RateLimit, SpendLimits } from '../../../src/limits/index.ts'
import type { Db } from '../../../src/platform/db/index.ts'
import { acceptContextOf } from '../../support/arrange.ts'

export const USER = 1

export interface Given {
  userId?: number
  key?: string
  isAllOrNothing?: boolean
  partsLimit?: RateLimit | null
  spendLimits?: SpendLimits | null
}

const LIMITS = { recipientsMax: 10_000, partsMax: 10 }

/** As many different messages, of one recipient each. */
export function messages(count: number, changes: object = {}): object[] {
  return Array.from({ length: count }, (_, index) => {
    return { to: `+98912${String(1_000_000 + index)}`, text: `message ${index}`, ...changes }
  })
}

/** A bulk as its route reads it: 500 messages a part. */
export function bulkOf(list: unknown[], given: Given = {}): BulkRequest {
  const { userId = USER, key, isAllOrNothing = false, partsLimit = null, spendLimits } = given
  const print = fingerprint({ list, isAllOrNothing })
  if (!print) throw new Error('a bulk without a canonical form')
  const ofBulk = { userId, partsLimit: isAllOrNothing ? null : partsLimit, spendLimits }
  const customer = { allowedSenders: null, onUnknown: null, guaranteedWithinMs: null, hedge: false }
  const readBy = { limits: LIMITS, nowMs: () => 0, customer }
  return {
    ...{
      userId,
      isTest: false,
      isAllOrNothing,
      partsLimit,
      lastSendAt: undefined,
      bodyBytes: 1,
      hasNormal: true,
    },
    parts: cutIntoParts({ messages: list, isAllOrNothing }, ofBulk, readBy),
    keyed:
      key === undefined ? undefined : { userId, route: BULK_ROUTE, isTest: false, key, fingerprint: print },
  }
}

export function offerBulk(db: Db, bulk: BulkRequest): Promise<BulkDecision> {
  return acceptBulk(db, bulk, {
    ...acceptContextOf(db),
    explain: explainRefusal,
    onDecided: () => {},
    checkBacklog: () => undefined,
  })
}

export type Decided = Extract<BulkDecision, { kind: 'decided' }>

export async function offerDecided(db: Db, bulk: BulkRequest): Promise<Decided> {
  const decision = await offerBulk(db, bulk)
  if (decision.kind !== 'decided') throw new Error(`the bulk came to ${decision.kind}`)
  return decision
}

/** Lets something happen when a part's turn has come. */
export function beforePrepare(part: BulkPart | undefined, happen: () => unknown): void {
  if (!part) throw new Error('the bulk has no such part')
  const before = { ...part }
  part.prepare = async () => {
    await happen()
    return before.prepare()
  }
}

/** The results of all parts. */
export function resultsOf({ outcomes }: { outcomes: PartOutcome[] }): PartOutcome['results'] {
  return outcomes.flatMap(({ results }) => results)
}

/** How many results have each code; `accepted` stands for none. */
export function codesOf(decision: { outcomes: PartOutcome[] }): Record<string, number> {
  const codes: Record<string, number> = {}
  for (const result of resultsOf(decision)) {
    const code = 'code' in result ? result.code : 'accepted'
    codes[code] = (codes[code] ?? 0) + 1
  }
  return codes
}
