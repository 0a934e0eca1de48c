import { decideKey, findKeys } from '../../idempotency/index.ts'
import type { KeyedRequest, KnownKeys, NewKey } from '../../idempotency/index.ts'
import type { Tx } from '../../platform/db/index.ts'
import type { PartOutcome } from './types.ts'

/** What an earlier request with the key left behind: its bulk, and the parts that it decided, in their order. */
export interface KeptBulk {
  bulkId: string
  outcomes: PartOutcome[]
}

export type FoundBulk = { kind: 'new' } | { kind: 'reused' } | { kind: 'kept'; bulk: KeptBulk }

/** The name of the route, where its customers' keys are unique. */
export const BULK_ROUTE = 'messages/bulk'
/** Parts are found by their bulk and not by the customer's key: parts of a bulk whose key expired belong to no other. */
const PART_ROUTE = 'messages/bulk/part'
const ACCEPTED = 202
const NO_BODY = Buffer.alloc(0)
/** Of parts: without them a bulk that is still kept would be decided again. */
const HOURS_LONGER = 1

/** Looks for the bulk of a key. Under the lock of the balance an answer is final; without it, what is found is. */
export async function findBulk(tx: Tx, keyed: KeyedRequest, parts: number): Promise<FoundBulk> {
  const decision = decideKey(await findKeys(tx, [keyed]), keyed)
  if (decision.kind !== 'replay') return decision
  const bulkId = decision.answer.identifier
  return { kind: 'kept', bulk: { bulkId, outcomes: await findParts(tx, keyed, bulkId, { from: 0, parts }) } }
}

/** @returns the outcomes of the parts from this one on that are decided. */
export async function findParts(
  tx: Tx,
  keyed: KeyedRequest,
  bulkId: string,
  { from, parts }: { from: number; parts: number },
): Promise<PartOutcome[]> {
  const requests = Array.from({ length: parts - from }, (_, index) => partKey(keyed, bulkId, from + index))
  const known = await findKeys(tx, requests)
  const outcomes: PartOutcome[] = []
  for (const request of requests) {
    const body = bodyOf(known, request)
    // Parts are decided in their order: after one that is missing there is none.
    if (!body) break
    outcomes.push(JSON.parse(body.toString()) as PartOutcome)
  }
  return outcomes
}

function bodyOf(known: KnownKeys, request: KeyedRequest): Buffer | undefined {
  const decision = decideKey(known, request)
  if (decision.kind === 'reused') throw new Error('a part of a bulk is kept under another fingerprint')
  return decision.kind === 'replay' ? decision.answer.body : undefined
}

/** The rows that a transaction adds: of the bulk with its first parts, or of the next part. */
export function newBulkKeys(
  keyed: KeyedRequest,
  { bulkId, outcomes }: KeptBulk,
  { from, sendAtMs }: { from: number; sendAtMs: number | undefined },
): NewKey[] {
  const row = (request: KeyedRequest, body: Buffer): NewKey => ({
    ...{ ...request, identifier: bulkId, status: ACCEPTED, body, sendAtMs },
  })
  const parts = outcomes.slice(from).map((outcome, index) => {
    const part = row(partKey(keyed, bulkId, from + index), Buffer.from(JSON.stringify(outcome)))
    return { ...part, hoursLonger: HOURS_LONGER }
  })
  return from === 0 ? [row(keyed, NO_BODY), ...parts] : parts
}

function partKey(keyed: KeyedRequest, bulkId: string, part: number): KeyedRequest {
  return { ...keyed, route: PART_ROUTE, key: `${bulkId}/${part}` }
}
