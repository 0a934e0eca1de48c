import { appendLowBalances } from '../events/index.ts'
import type { LowBalance } from '../events/index.ts'
import { insertHolds } from '../holds/index.ts'
import type { NewHold } from '../holds/index.ts'
import { findKeys, insertKeys, scopeId } from '../idempotency/index.ts'
import type { KnownKeys, NewKey } from '../idempotency/index.ts'
import { lockAccounts, lockFreeAccounts, writeAccounts } from '../ledger/index.ts'
import type { Account } from '../ledger/index.ts'
import { append } from '../outbox/index.ts'
import type { NormalOrder, VirtualTime } from '../outbox/index.ts'
import { CommitUnknown, LockTimeout, transact } from '../platform/db/index.ts'
import type { Db, Tx } from '../platform/db/index.ts'
import { inStep } from '../platform/telemetry/index.ts'
import type { Outcomes } from '../platform/telemetry/index.ts'
import { identifierToBytes } from '../primitives/identifier.ts'
import { insertCallbacks } from './callbacks.ts'
import { decide } from './decide.ts'
import type { AcceptedRequest, Decided, Submitted } from './decide.ts'
import { insertRecipients, insertRequests } from './insert.ts'
import { toOutboxRows } from './outboxRows.ts'
import type { Price } from './priceRequest.ts'
import { insertReferences } from './references.ts'
import { insertTags } from './tags.ts'
import type { Decision } from './types.ts'

/** What accepting needs beside the database and the requests. */
export interface AcceptContext {
  price: Price
  newId: () => string
  virtualTime: VirtualTime
  normalOrder: NormalOrder
  /** Of express requests that do not say it. */
  guaranteedWithinMs: number
}

/**
 * Decides requests in their order and writes what was decided: the debit, the rows and the outbox rows of each accepted
 * one commit together or not at all (invariants 1 and 2), and no decision is known before the commit: after a
 * rollback all are decided again. A balance that stays locked elsewhere delays the others for one lock wait; then they
 * are decided again without that customer.
 * @returns one decision for each request, by position. @throws Unavailable: nothing was changed.
 */
export async function accept(db: Db, requests: Submitted[], context: AcceptContext): Promise<Decision[]> {
  try {
    return await decideInStep(db, requests, context, { waitsForLocks: true })
  } catch (error) {
    if (!(error instanceof LockTimeout)) throw error
    return acceptFree(db, requests, context)
  }
}

/** As accept, but waits for no lock: a customer whose balance is locked at the moment gets `account_locked`. */
export function acceptFree(db: Db, requests: Submitted[], context: AcceptContext): Promise<Decision[]> {
  return decideInStep(db, requests, context, { waitsForLocks: false })
}

function decideInStep(
  db: Db,
  requests: Submitted[],
  context: AcceptContext,
  options: { waitsForLocks: boolean },
): Promise<Decision[]> {
  const outcomesOf = (decisions: Decision[]): Outcomes => {
    const kinds = new Map(requests.map(({ smsIdentifier }, index) => [smsIdentifier, decisions[index]?.kind]))
    return (smsIdentifier) => ({ attributes: { 'chapar.decision': kinds.get(smsIdentifier) } })
  }
  return inStep('accept', requests, { outcomesOf }, () => decideTogether(db, requests, context, options))
}

async function decideTogether(
  db: Db,
  requests: Submitted[],
  context: AcceptContext,
  { waitsForLocks }: { waitsForLocks: boolean },
): Promise<Decision[]> {
  const userIds = requests.map(({ userId }) => userId)
  let decided: Decided[] = []
  try {
    await transact(
      db,
      'messages.accept',
      async (tx) => {
        const locked = waitsForLocks
          ? { accounts: await lockAccounts(tx, userIds), locked: NONE }
          : await lockFreeAccounts(tx, userIds)
        const known = await findKeys(
          tx,
          requests.flatMap(({ keyed }) => keyed?.request ?? []),
        )
        decided = decide(requests, { price: context.price, ...locked, known })
        await writeAccepted(tx, decided, locked.accounts, context)
        await insertKeys(tx, newKeys(decided, known))
        return true
      },
      { resolve: (tx) => isWritten(tx, decided), throwsLockTimeout: waitsForLocks },
    )
  } catch (error) {
    if (!(error instanceof CommitUnknown)) throw error
    return decided.map(unknownOf)
  }
  return decided.map(({ decision }) => decision)
}

/** A repeat may be of a request in the same transaction. */
function unknownOf({ request, decision }: Decided): Decision {
  if (decision.kind === 'accepted') return { kind: 'outcome_unknown', smsIdentifier: request.smsIdentifier }
  if (decision.kind === 'replayed')
    return { kind: 'outcome_unknown', smsIdentifier: decision.answer.identifier }
  return { kind: 'unavailable', retryAfterSeconds: 1 }
}

const NONE: ReadonlySet<number> = new Set()

/** Writes what was accepted: balances, ledger, messages, recipients and outbox rows (invariant 1). */
export async function writeAccepted(
  tx: Tx,
  decided: Decided[],
  accounts: Map<number, Account>,
  { newId, virtualTime, normalOrder, guaranteedWithinMs }: AcceptContext,
): Promise<void> {
  const accepted = acceptedOf(decided)
  if (accepted.length === 0) return
  const requests = accepted.map(({ request }) => request)
  const hasNormal = requests.some(({ type }) => type === 'normal')
  const basis = {
    normalOrder,
    guaranteedWithinMs,
    accounts,
    virtualTime: hasNormal ? await virtualTime.read(tx) : 0,
  }
  const rows = toOutboxRows(accepted, basis, newId)
  await writeAccounts(tx, accounts.values())
  await insertRequests(tx, accepted, guaranteedWithinMs)
  await insertReferences(tx, requests)
  await insertTags(tx, requests)
  await insertCallbacks(tx, requests)
  await insertRecipients(tx, accepted)
  await insertHolds(tx, accepted.flatMap(toHolds))
  await append(tx, rows)
  await appendLowBalances(tx, accepted.flatMap(toLowBalance))
}

function toLowBalance({ request: { userId, smsIdentifier }, lowBalance }: AcceptedRequest): LowBalance[] {
  return lowBalance === undefined ? [] : [{ userId, smsIdentifier, threshold: lowBalance }]
}

/** What is captured at acceptance, or costs nothing, is never held. */
function toHolds({ request: { smsIdentifier, userId }, price: { recipients } }: AcceptedRequest): NewHold[] {
  return recipients.flatMap(({ price, charging, receiptWaitSeconds }, index) =>
    charging === 'acceptance' || price === 0
      ? []
      : [{ smsIdentifier, recipientNo: index + 1, userId, price, receiptWaitSeconds }],
  )
}

function acceptedOf(decided: Decided[]) {
  return decided.filter((one) => one.price !== undefined)
}

/** The keys of accepted requests with their answers, for the requests that repeat them (design 9.3). */
function newKeys(decided: Decided[], known: KnownKeys): NewKey[] {
  return decided.flatMap(({ request: { keyed, sendAt }, decision, departure }) => {
    const answer = keyed && decision.kind === 'accepted' && known.get(scopeId(keyed.request))?.answer
    return answer
      ? [{ ...keyed.request, ...answer, sendAtMs: (departure?.delayed?.until ?? sendAt)?.getTime() }]
      : []
  })
}

/** After a lost COMMIT: one of the identifiers there means that the whole transaction is. */
async function isWritten(tx: Tx, decided: Decided[]): Promise<true | undefined> {
  const requests = acceptedOf(decided).map(({ request }) => request)
  if (requests.length === 0) return true
  await lockAccounts(
    tx,
    requests.map(({ userId }) => userId),
  )
  const row = await tx
    .selectFrom('sms_requests')
    .select('user_id')
    .where(
      'sms_identifier',
      'in',
      requests.map(({ smsIdentifier }) => identifierToBytes(smsIdentifier)),
    )
    .limit(1)
    .executeTakeFirst()
  return row ? true : undefined
}
