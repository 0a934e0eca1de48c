import assert from 'node:assert/strict'
import { sql } from 'kysely'
import type { SmsState } from '../../db/schema.ts'
import { audit } from '../../src/audit/index.ts'
import { openDelivery as open } from '../../src/delivery/index.ts'
import type { DeliveryEvents, DeliverySettings } from '../../src/delivery/index.ts'
import { topUp } from '../../src/ledger/index.ts'
import { accept } from '../../src/messages/index.ts'
import type { Operator } from '../../src/operators/index.ts'
import { claim } from '../../src/outbox/claim.ts'
import type { Envelope } from '../../src/outbox/index.ts'
import { databaseNowMs, read } from '../../src/platform/db/index.ts'
import type { Db } from '../../src/platform/db/index.ts'
import { identifierMaker, identifierToBytes } from '../../src/primitives/identifier.ts'
import type { MessageClass } from '../../src/primitives/messageClass.ts'
import { recipients } from '../support/api.ts'
import { freshStack } from '../support/servers.ts'

export const CUSTOMER = 7
export const DEPOSIT = 1_000
export const PRICES = { normal: 1, express: 3 }
/** So long that no test reaches it by itself: a test that wants it over moves `retrying_since`. */
export const GRACE_MS = 30_000
/** Operator calls at once, of all envelopes of a delivery. */
const CALLS_MAX = 16

/** One recipient as the table has it. */
export interface Row {
  no: number
  recipient: string
  status: SmsState
  provider: string
  providerMessageId: string | null
  owner: string | null
  leaseMs: number | null
  retrying: boolean
  possiblySent: boolean
  possibleDuplicate: boolean
}

export interface OutboxRow {
  attempts: number
  lastError: string | null
  dueInMs: number
}

/** The facts that a delivery reported, in order. */
export interface Reported {
  settled: string[]
  late: string[]
  lost: string[]
  possibleDuplicates: number
  failures: string[]
}

export interface Request {
  /** Somebody else than CUSTOMER, who needs money first. */
  from?: number
  to?: string[]
  count?: number
  text?: string
  type?: MessageClass
}

/** Envelopes, rows and money on the real database, without a broker: what deliver() stands on. */
export interface Bench {
  db: Db
  /** Accepts a request of a customer with money. @returns its identifier. */
  accept(request?: Request): Promise<string>
  /** What the relay would publish now: the next envelope that is due. */
  envelope(type?: MessageClass): Promise<Envelope>
  /** Brings what waits in the outbox due, and claims it. */
  nextRound(type?: MessageClass): Promise<Envelope>
  /** As after the broker's confirm: due again in a minute. */
  published(): Promise<void>
  rows(smsIdentifier: string): Promise<Row[]>
  row(smsIdentifier: string): Promise<Row>
  outbox(): Promise<OutboxRow[]>
  refunds(): Promise<{ no: number; amount: number; description: string }[]>
  balance(): Promise<number>
  /** Moves the database's view of when tries without a verdict began. */
  graceIsOver(smsIdentifier: string): Promise<void>
  leaseIsOver(smsIdentifier: string, fromNo?: number): Promise<void>
  /** Leaves a second of it, which is not enough for a try. */
  shortenLease(smsIdentifier: string): Promise<void>
  assertBooksBalance(): Promise<void>
  close(): Promise<void>
}

export async function openBench(): Promise<Bench> {
  const stack = await freshStack()
  const { db } = stack
  const newId = identifierMaker(() => databaseNowMs(db))
  await topUp(db, { userId: CUSTOMER, amount: DEPOSIT, description: 'deposit' }, newId())
  const envelope = async (type: MessageClass = 'normal') => {
    const claimed = await claim(db, type, 1, newId)
    const [first] = claimed?.envelopes ?? []
    assert.ok(first, `no ${type} envelope is due`)
    return first
  }
  const rows = (smsIdentifier: string) => readRows(db, smsIdentifier)
  const change = (statement: ReturnType<typeof sql>) =>
    read(db, 'test.change', async (reader) => void (await statement.execute(reader)))
  return {
    db,
    accept: async ({ from = CUSTOMER, to, count = 1, text = 'hello', type = 'normal' } = {}) => {
      const request = { userId: from, text, type, recipients: to ?? recipients(count) }
      const [verdict] = await accept(db, [{ ...request, smsIdentifier: newId() }], PRICES, newId)
      assert.ok(verdict?.kind === 'accepted', `was ${verdict?.kind}`)
      return verdict.smsIdentifier
    },
    envelope,
    nextRound: async (type) => {
      await change(sql`UPDATE outbox_events SET next_run_at = NOW(6)`)
      return envelope(type)
    },
    published: () => change(sql`UPDATE outbox_events SET next_run_at = NOW(6) + INTERVAL 60 SECOND`),
    rows,
    row: async (smsIdentifier) => {
      const [only, ...others] = await rows(smsIdentifier)
      assert.ok(only && others.length === 0, 'one recipient is wanted')
      return only
    },
    outbox: () => readOutbox(db),
    refunds: () => readRefunds(db),
    balance: () => readBalance(db),
    graceIsOver: (smsIdentifier) =>
      change(sql`UPDATE sms_status SET retrying_since = retrying_since - INTERVAL ${sql.lit(GRACE_MS / 1_000)} SECOND
        WHERE sms_identifier = ${identifierToBytes(smsIdentifier)}`),
    leaseIsOver: (smsIdentifier, fromNo = 1) =>
      change(sql`UPDATE sms_status SET lease_until = NOW(3) - INTERVAL 1 SECOND
        WHERE sms_identifier = ${identifierToBytes(smsIdentifier)} AND status = 'sending' AND recipient_no >= ${fromNo}`),
    shortenLease: (smsIdentifier) =>
      change(sql`UPDATE sms_status SET lease_until = NOW(3) + INTERVAL 1 SECOND
        WHERE sms_identifier = ${identifierToBytes(smsIdentifier)} AND status = 'sending'`),
    assertBooksBalance: async () => assert.deepEqual((await audit(db)).violations, []),
    close: () => stack.drop(),
  }
}

/** deliver() as a consumer runs it, and what it reported. */
export function openDelivery(
  db: Db,
  operators: readonly Operator[],
  changes: Partial<DeliverySettings> = {},
  stopping?: AbortSignal,
): { deliver: (envelope: Envelope) => Promise<void>; reported: Reported } {
  const reported: Reported = { settled: [], late: [], lost: [], possibleDuplicates: 0, failures: [] }
  const events: DeliveryEvents = {
    settled: ({ endings }) => reported.settled.push(...endings.map(({ kind }) => kind)),
    late: ({ endings }) => reported.late.push(...endings.map(({ kind }) => kind)),
    verdictLost: ({ endings }) => reported.lost.push(...endings.map(({ task }) => task.reference)),
    possibleDuplicates: ({ messages }) => (reported.possibleDuplicates += messages),
    unreadable: () => {},
    deliveryFailed: ({ step }) => reported.failures.push(step),
  }
  const settings: DeliverySettings = {
    db,
    operators,
    callsMax: CALLS_MAX,
    recipientsMax: 3_200,
    batchSizeMax: 2_000,
    lanes: 1,
    unavailableGraceMs: GRACE_MS,
    events,
    operatorEvents: { operatorCalled: () => {}, breakerChanged: () => {} },
    ...changes,
  }
  const deliver = open(settings)
  return { deliver: (envelope) => deliver(envelope, stopping), reported }
}

async function readRows(db: Db, smsIdentifier: string): Promise<Row[]> {
  return read(db, 'test.rows', async (reader) => {
    const { rows } = await sql<Record<string, unknown>>`
      SELECT recipient_no AS no, recipient, status, provider, provider_message_id, HEX(owner) AS owner,
             TIMESTAMPDIFF(MICROSECOND, NOW(3), lease_until) / 1000 AS lease_ms, retrying_since IS NOT NULL AS retrying,
             possibly_sent, possible_duplicate
      FROM sms_status WHERE sms_identifier = ${identifierToBytes(smsIdentifier)} ORDER BY recipient_no`.execute(
      reader,
    )
    return rows.map((row) => ({
      no: row['no'] as number,
      recipient: row['recipient'] as string,
      status: row['status'] as SmsState,
      provider: row['provider'] as string,
      providerMessageId: row['provider_message_id'] as string | null,
      owner: row['owner'] as string | null,
      leaseMs: row['lease_ms'] === null ? null : Number(row['lease_ms']),
      retrying: row['retrying'] === 1,
      possiblySent: row['possibly_sent'] === 1,
      possibleDuplicate: row['possible_duplicate'] === 1,
    }))
  })
}

function readOutbox(db: Db): Promise<OutboxRow[]> {
  return read(db, 'test.outbox', async (reader) => {
    const { rows } = await sql<{ attempts: number; last_error: string | null; due_in_ms: string }>`
      SELECT attempts, last_error, TIMESTAMPDIFF(MICROSECOND, NOW(6), next_run_at) / 1000 AS due_in_ms
      FROM outbox_events ORDER BY id`.execute(reader)
    return rows.map((row) => ({
      attempts: row.attempts,
      lastError: row.last_error,
      dueInMs: Number(row.due_in_ms),
    }))
  })
}

function readRefunds(db: Db): Promise<{ no: number; amount: number; description: string }[]> {
  return read(db, 'test.refunds', (reader) =>
    reader
      .selectFrom('user_transactions')
      .select(['recipient_no as no', 'amount', 'description'])
      .where('transaction_type', '=', 'refund')
      .orderBy('seq')
      .execute(),
  )
}

function readBalance(db: Db): Promise<number> {
  return read(db, 'test.balance', async (reader) => {
    const row = await reader
      .selectFrom('user_balances')
      .select('balance')
      .where('user_id', '=', CUSTOMER)
      .executeTakeFirstOrThrow()
    return row.balance
  })
}
