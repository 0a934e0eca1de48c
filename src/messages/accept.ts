import { sql } from 'kysely'
import { lockAccounts, lockFreeAccounts, post } from '../ledger/index.ts'
import type { Account, Entry } from '../ledger/index.ts'
import { append, cutIntoRanges } from '../outbox/index.ts'
import { CommitUnknown, NOW, LockTimeout, insertRows, transact } from '../platform/db/index.ts'
import type { Db, Tx } from '../platform/db/index.ts'
import { identifierToBytes } from '../primitives/identifier.ts'
import type { MessageClass } from '../primitives/messageClass.ts'
import type { SendRequest, Decision } from './types.ts'

/** A request under the identifier that it keeps, however often its transaction runs. */
export interface Submitted extends SendRequest {
  smsIdentifier: string
}

export type Prices = Readonly<Record<MessageClass, number>>

/**
 * Decides requests in their order and writes what was decided: the debit, the rows and the outbox rows of each
 * accepted one commit together or not at all (invariants 1 and 2). No verdict, a refusal included, is known before the
 * commit; after a rollback all are decided again. A customer whose balance somebody else keeps locked holds up the
 * others for one lock wait: then they are decided without him.
 * @returns one verdict for each request, by position. @throws Unavailable: nothing was changed.
 */
export async function accept(
  db: Db,
  requests: Submitted[],
  prices: Prices,
  newId: () => string,
): Promise<Decision[]> {
  try {
    return await decideTogether(db, requests, { prices, newId, waitsForLocks: true })
  } catch (error) {
    if (!(error instanceof LockTimeout)) throw error
    return acceptFree(db, requests, prices, newId)
  }
}

/** As accept, but waits for nobody: a customer whose balance is locked at the moment counts as held. */
export function acceptFree(
  db: Db,
  requests: Submitted[],
  prices: Prices,
  newId: () => string,
): Promise<Decision[]> {
  return decideTogether(db, requests, { prices, newId, waitsForLocks: false })
}

interface HowToDecide {
  prices: Prices
  newId: () => string
  /** False: customers whose balances are locked elsewhere are left out. */
  waitsForLocks: boolean
}

async function decideTogether(db: Db, requests: Submitted[], how: HowToDecide): Promise<Decision[]> {
  const { prices, newId, waitsForLocks } = how
  const userIds = requests.map(({ userId }) => userId)
  let decided: Decided[] = []
  try {
    await transact(
      db,
      'messages.accept',
      async (tx) => {
        const locked = waitsForLocks
          ? { accounts: await lockAccounts(tx, userIds), held: NOBODY }
          : await lockFreeAccounts(tx, userIds)
        decided = decide(requests, prices, locked)
        await write(tx, decided, prices, newId)
        return true
      },
      { resolve: (tx) => isWritten(tx, decided), throwsLockTimeout: waitsForLocks },
    )
  } catch (error) {
    if (!(error instanceof CommitUnknown)) throw error
    return decided.map(({ request, entry }) =>
      entry
        ? { kind: 'outcome_unknown', smsIdentifier: request.smsIdentifier }
        : { kind: 'unavailable', retryAfterSeconds: 1 },
    )
  }
  return decided.map(({ decision }) => decision)
}

const NOBODY: ReadonlySet<number> = new Set()

interface Decided {
  request: Submitted
  decision: Decision
  /** The debit; none when the request is refused. */
  entry?: Entry
}

/** In order of arrival: what an earlier request takes is not there for a later one. */
function decide(
  requests: Submitted[],
  prices: Prices,
  { accounts, held }: { accounts: Map<number, Account>; held: ReadonlySet<number> },
): Decided[] {
  const left = new Map([...accounts].map(([userId, { balance }]) => [userId, balance]))
  return requests.map((request) => {
    const { userId, smsIdentifier } = request
    const recipients = request.recipients.length
    const cost = recipients * prices[request.type]
    if (held.has(userId)) return { request, decision: { kind: 'account_locked' } }
    const account = accounts.get(userId)
    const balance = left.get(userId) ?? 0
    if (!account || balance < cost)
      return { request, decision: { kind: 'insufficient_balance', cost, balance } }
    left.set(userId, balance - cost)
    const description = `${recipients} ${request.type} ${recipients === 1 ? 'message' : 'messages'}`
    return {
      request,
      decision: { kind: 'accepted', smsIdentifier, recipients, cost },
      entry: {
        account,
        transactionId: smsIdentifier,
        recipientNo: 0,
        amount: -cost,
        type: 'charge',
        description,
      },
    }
  })
}

async function write(tx: Tx, decided: Decided[], prices: Prices, newId: () => string): Promise<void> {
  const accepted = decided.filter(({ entry }) => entry)
  if (accepted.length === 0) return
  const requests = accepted.map(({ request }) => request)
  await post(
    tx,
    accepted.flatMap(({ entry }) => entry ?? []),
  )
  await insertRequests(tx, requests, prices)
  await insertRecipients(tx, requests)
  const events = requests.flatMap(({ userId, type, smsIdentifier, recipients, traceparent }) =>
    cutIntoRanges({ smsIdentifier, userId, traceparent }, recipients.length).map((range) => ({
      id: newId(),
      type,
      ranges: [range],
    })),
  )
  await append(tx, events)
}

async function insertRequests(tx: Tx, requests: Submitted[], prices: Prices): Promise<void> {
  await insertRows(
    tx,
    sql`INSERT INTO sms_requests (sms_identifier, user_id, type, text, price, recipients, created_at)`,
    requests.map(({ smsIdentifier, userId, type, text, recipients }) => {
      const id = identifierToBytes(smsIdentifier)
      return [id, userId, type, text, prices[type], recipients.length, NOW]
    }),
  )
}

async function insertRecipients(tx: Tx, requests: Submitted[]): Promise<void> {
  await insertRows(
    tx,
    sql`INSERT INTO sms_status (sms_identifier, recipient_no, user_id, recipient, status, created_at, updated_at)`,
    requests.flatMap(({ smsIdentifier, userId, recipients }) => {
      const id = identifierToBytes(smsIdentifier)
      return recipients.map((recipient, index) => [id, index + 1, userId, recipient, 'pending', NOW, NOW])
    }),
  )
}

/** After a lost COMMIT: one of the identifiers there means that the whole transaction is. */
async function isWritten(tx: Tx, decided: Decided[]): Promise<true | undefined> {
  const accepted = decided.filter(({ entry }) => entry)
  if (accepted.length === 0) return true
  await lockAccounts(
    tx,
    accepted.map(({ request }) => request.userId),
  )
  const ids = accepted.map(({ request }) => identifierToBytes(request.smsIdentifier))
  const row = await tx
    .selectFrom('sms_requests')
    .select('user_id')
    .where('sms_identifier', 'in', ids)
    .limit(1)
    .executeTakeFirst()
  return row ? true : undefined
}
