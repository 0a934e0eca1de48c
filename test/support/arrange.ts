import { sql } from 'kysely'
import { topUp } from '../../src/ledger/index.ts'
import { accept, priceRequest } from '../../src/messages/index.ts'
import type { AcceptContext, Decision, Price, SendRequest } from '../../src/messages/index.ts'
import { openVirtualTime } from '../../src/outbox/index.ts'
import { databaseNowMs, read } from '../../src/platform/db/index.ts'
import type { Db } from '../../src/platform/db/index.ts'
import type { MessageClass } from '../../src/primitives/messageClass.ts'
import { identifierMaker } from '../../src/primitives/identifier.ts'
import { NO_TARIFFS } from '../../src/tariffs/index.ts'
import type { RateLimit } from '../../src/limits/index.ts'
import type { PricesPerMessage } from '../../src/tariffs/index.ts'
import { recipients } from './api.ts'

/** What tests need again and again of the parts below HTTP: money, messages, and a look at the tables. */

export const PRICES = { normal: 1, express: 3 }

const makers = new WeakMap<Db, () => string>()

/** A new identifier, ordered by the database's clock as the program's are. */
export function newIdOf(db: Db): () => string {
  const known = makers.get(db)
  if (known) return known
  const maker = identifierMaker(() => databaseNowMs(db))
  makers.set(db, maker)
  return maker
}

export async function fund(db: Db, userId: number, amount: number): Promise<void> {
  const decision = await topUp(db, { userId, amount, description: 'top-up' }, newIdOf(db)())
  if (decision.kind !== 'added') throw new Error(`the top-up came to ${decision.kind}`)
}

export interface Sent extends Pick<
  SendRequest,
  | 'sender'
  | 'givenTo'
  | 'clientReference'
  | 'tags'
  | 'sendAt'
  | 'expiresInSeconds'
  | 'callbackUrl'
  | 'parts'
  | 'sending'
  | 'guaranteedWithinMs'
  | 'hedge'
> {
  userId: number
  /** Their number, or they themselves. */
  to: number | string[]
  type?: MessageClass
  text?: string
  smsIdentifier?: string
  traceparent?: string
  keyed?: SendRequest['keyed']
  isTest?: boolean
  maxPrice?: number
  partsLimit?: RateLimit
}

/** Decides requests in one call, as the API does. */
export function offer(db: Db, ...requests: Sent[]): Promise<Decision[]> {
  const newId = newIdOf(db)
  const submitted = requests.map(({ to, type, text, smsIdentifier, ...others }) => ({
    ...others,
    type: type ?? 'normal',
    text: text ?? 'hi',
    recipients: typeof to === 'number' ? recipients(to) : to,
    smsIdentifier: smsIdentifier ?? newId(),
  }))
  return accept(db, submitted, acceptContextOf(db))
}

/** Prices a message by a price for each class. */
export function priceBy(prices: PricesPerMessage): Price {
  return (query) => priceRequest({ tariffs: NO_TARIFFS, prices }, { ...query, atMs: 0 })
}

/** What accepting needs, as the API has it by default. */
export function acceptContextOf(db: Db): AcceptContext {
  return {
    ...{ price: priceBy(PRICES), newId: newIdOf(db), virtualTime: openVirtualTime(), normalOrder: 'fair' },
    guaranteedWithinMs: 2_000,
  }
}

/** Sends what the balance covers. @returns the message's identifier. */
export async function sendOne(db: Db, request: Sent): Promise<string> {
  const [decision] = await offer(db, request)
  if (decision?.kind !== 'accepted') throw new Error(`the request came to ${decision?.kind}`)
  return decision.smsIdentifier
}

/** The rows of any statement. */
export function look<T>(db: Db, statement: ReturnType<typeof sql<T>>): Promise<T[]> {
  return read(db, 'test.look', async (reader) => (await statement.execute(reader)).rows)
}

/** How many rows each table of the business holds, so that a test can say that nothing was changed. */
export async function countRows(db: Db): Promise<Record<string, number>> {
  const tables = ['user_balances', 'user_transactions', 'sms_requests', 'sms_status', 'outbox_events']
  const counts = await Promise.all(
    tables.map(async (table) => {
      const [row] = await look(db, sql<{ n: number }>`SELECT COUNT(*) AS n FROM ${sql.table(table)}`)
      return [table, row?.n ?? 0] as const
    }),
  )
  return Object.fromEntries(counts)
}

export async function balanceOf(db: Db, userId: number): Promise<number | undefined> {
  const rows = await look(
    db,
    sql<{ balance: number }>`SELECT balance FROM user_balances WHERE user_id = ${userId}`,
  )
  return rows[0]?.balance
}
