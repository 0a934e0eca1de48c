import assert from 'node:assert/strict'
import { sql } from 'kysely'
import type { SmsState } from '../../db/schema.ts'
import { openDelivery as open } from '../../src/delivery/index.ts'
import type { DeliveryEvents, DeliverySettings, RetryPolicy } from '../../src/delivery/index.ts'
import { topUp } from '../../src/ledger/index.ts'
import { accept, listQuarantine } from '../../src/messages/index.ts'
import type { Operator } from '../../src/operators/index.ts'
import { claim } from '../../src/outbox/claim.ts'
import type { Condition } from '../../src/outbox/lanes.ts'
import { decodeRanges } from '../../src/outbox/index.ts'
import type { Envelope } from '../../src/outbox/index.ts'
import { closeDb, openDb, read, transact } from '../../src/platform/db/index.ts'
import type { Db } from '../../src/platform/db/index.ts'
import { identifierToBytes } from '../../src/primitives/identifier.ts'
import type { MessageClass } from '../../src/primitives/messageClass.ts'
import type { OnUnknown } from '../../src/primitives/onUnknown.ts'
import { SILENT_EVENTS } from '../operators/silentEvents.ts'
import { recipients } from '../support/api.ts'
import { acceptContextOf, newIdOf } from '../support/arrange.ts'
import { NOW_KEY, makeDue } from '../support/makeDue.ts'
import { freshStack } from '../support/servers.ts'
import { violationsIn } from './violations.ts'

export const CUSTOMER = 7
export const DEPOSIT = 1_000
/** A test that wants the last attempt moves `attempts`. */
export const RETRY: RetryPolicy = { minDelayMs: 500, maxDelayMs: 5_000, factor: 2, attemptsMax: 10 }
/** So long that no test reaches it by itself. */
export const VALIDITY_MS = 3_600_000
export const UNKNOWN_SUBMISSIONS_MAX = { normal: 3, express: 2 }
const PATIENT = { sessionStatements: ['SET innodb_lock_wait_timeout = 50'], acquireTimeoutMs: 50_000 }
/** Operator calls at once, of all envelopes of a delivery. */
const CALLS_MAX = 16

/** One recipient as the table has it. */
export interface Row {
  no: number
  recipient: string
  status: SmsState
  provider: string
  owner: string | null
  leaseMs: number | null
  attempts: number
  unconfirmed: number
  failureReason: string | null
  retrying: boolean
  possiblySent: boolean
  possibleDuplicate: boolean
}

export interface OutboxRow {
  /** `<identifier>:<first>-<last>` of each range. */
  names: string[]
  lastError: string | null
  dueInMs: number
  /** From the moment that it was written to when it is due, rounded to 10 ms; of a waiting row. */
  delayMs: number
}

/** The facts that a delivery reported, in order. */
export interface Reported {
  settled: string[]
  stale: string[]
  lost: string[]
  quarantined: string[]
  takenOver: number
  possibleDuplicates: number
  /** Possible duplicates by the operator that got them. */
  submittedAgain: Record<string, number>
  /** Messages by how they met a second operator. */
  hedges: Record<string, number>
  /** Why messages met none. */
  withheld: string[]
  failures: string[]
}

export interface Request {
  /** Another customer than CUSTOMER, which needs money first. */
  from?: number
  to?: string[]
  count?: number
  text?: string
  type?: MessageClass
  sender?: string
  expiresInSeconds?: number
  isTest?: boolean
  guaranteedWithinMs?: number
  hedge?: boolean
  /** `retry`, if left out: most tests are about what follows. */
  onUnknown?: OnUnknown | null
}

/** Envelopes, rows and money on the real database, without a broker: what deliver() stands on. */
export interface Bench {
  databaseUrl: string
  db: Db
  /**
   * Waits for locks and connections for as long as its transactions may take: a consumer would try again, and a test
   * that calls once would not.
   */
  patient(): Db
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
  /** The operators' identifiers that were stored. */
  operatorMessages(): Promise<string[]>
  /** References. */
  quarantined(): Promise<string[]>
  refunds(): Promise<{ no: number; amount: number; description: string }[]>
  balance(): Promise<number>
  /** Moves the database's view of when the message expires. */
  expiresIn(smsIdentifier: string, seconds: number): Promise<void>
  /** The next attempt of the message is its last. */
  oneAttemptIsLeft(smsIdentifier: string): Promise<void>
  leaseIsOver(smsIdentifier: string, fromNo?: number): Promise<void>
  /** Leaves a second of it, which is not enough for a try. */
  shortenLease(smsIdentifier: string): Promise<void>
  assertBooksBalance(): Promise<void>
  close(): Promise<void>
}

export async function openBench(): Promise<Bench> {
  const stack = await freshStack()
  const { db } = stack
  const newId = newIdOf(db)
  await topUp(db, { userId: CUSTOMER, amount: DEPOSIT, description: 'deposit' }, newId())
  const claimOne = async (type: MessageClass, condition: Condition) => {
    const claimed = await claim(db, type, 1, newId, { condition })
    const [first] = claimed?.envelopes ?? []
    assert.ok(first, `no ${type} envelope is ${condition === 'ready' ? 'ready' : 'due'}`)
    return first
  }
  const rows = (smsIdentifier: string) => readRows(db, smsIdentifier)
  const change = (statement: ReturnType<typeof sql>) =>
    read(db, 'test.change', async (reader) => void (await statement.execute(reader)))
  let patient: Db | undefined
  return {
    ...{ db, databaseUrl: stack.databaseUrl },
    patient: () => (patient ??= openDb({ ...db.settings, ...PATIENT })),
    accept: async ({ from = CUSTOMER, to, count = 1, text = 'hello', type = 'normal', ...others } = {}) => {
      const request = {
        userId: from,
        text,
        type,
        recipients: to ?? recipients(count),
        onUnknown: 'retry' as const,
        ...others,
      }
      const [decision] = await accept(db, [{ ...request, smsIdentifier: newId() }], acceptContextOf(db))
      assert.ok(decision?.kind === 'accepted', `was ${decision?.kind}`)
      return decision.smsIdentifier
    },
    envelope: (type = 'normal') => claimOne(type, 'ready'),
    nextRound: async (type = 'normal') => {
      await transact(db, 'test.due', (tx) => makeDue(tx, sql`TRUE`))
      return claimOne(type, 'waiting')
    },
    published: () => change(sql`UPDATE outbox_events SET lane = lane | 1, order_key = ${NOW_KEY} + 60000000`),
    rows,
    row: async (smsIdentifier) => {
      const [only, ...others] = await rows(smsIdentifier)
      assert.ok(only && others.length === 0, 'one recipient is wanted')
      return only
    },
    outbox: () => readOutbox(db),
    operatorMessages: () =>
      read(db, 'test.operator_messages', async (reader) => {
        const rows = await reader
          .selectFrom('operator_messages')
          .select('provider_message_id as id')
          .execute()
        return rows.map(({ id }) => id)
      }),
    quarantined: () => readQuarantined(db),
    refunds: () => readRefunds(db),
    balance: () => readBalance(db),
    expiresIn: (smsIdentifier, seconds) =>
      change(sql`UPDATE sms_requests SET expires_at = NOW(3) + INTERVAL ${sql.lit(seconds)} SECOND
        WHERE sms_identifier = ${identifierToBytes(smsIdentifier)}`),
    oneAttemptIsLeft: (smsIdentifier) =>
      change(sql`UPDATE sms_status SET attempts = ${sql.lit(RETRY.attemptsMax - 1)}
        WHERE sms_identifier = ${identifierToBytes(smsIdentifier)}`),
    leaseIsOver: (smsIdentifier, fromNo = 1) =>
      change(sql`UPDATE sms_status SET lease_until = NOW(3) - INTERVAL 1 SECOND
        WHERE sms_identifier = ${identifierToBytes(smsIdentifier)} AND status = 'sending' AND recipient_no >= ${fromNo}`),
    shortenLease: (smsIdentifier) =>
      change(sql`UPDATE sms_status SET lease_until = NOW(3) + INTERVAL 1 SECOND
        WHERE sms_identifier = ${identifierToBytes(smsIdentifier)} AND status = 'sending'`),
    assertBooksBalance: async () => assert.deepEqual(await violationsIn(db), []),
    close: async () => {
      if (patient) await closeDb(patient)
      await stack.drop()
    },
  }
}

/** deliver() as a consumer runs it, and what it reported. */
export function openDelivery(
  db: Db,
  operators: readonly Operator[],
  changes: Partial<DeliverySettings> = {},
  stopping?: AbortSignal,
): { deliver: (envelope: Envelope) => Promise<void>; reported: Reported } {
  const reported: Reported = {
    ...{ settled: [], stale: [], lost: [], quarantined: [], failures: [] },
    ...{ takenOver: 0, possibleDuplicates: 0, submittedAgain: {}, hedges: {}, withheld: [] },
  }
  const events: DeliveryEvents = {
    settled: ({ settlements }) => reported.settled.push(...settlements.map(({ kind }) => kind)),
    stale: ({ settlements }) => reported.stale.push(...settlements.map(({ kind }) => kind)),
    resultLost: ({ settlement }) => reported.lost.push(settlement.task.reference),
    quarantined: ({ recipients }) =>
      reported.quarantined.push(
        ...recipients.map(({ smsIdentifier, recipientNo }) => `${smsIdentifier}:${recipientNo}`),
      ),
    submittedAgain: ({ operator, messages }) =>
      (reported.submittedAgain[operator] = (reported.submittedAgain[operator] ?? 0) + messages),
    possibleDuplicates: ({ messages }) => (reported.possibleDuplicates += messages),
    leasesTakenOver: ({ messages }) => (reported.takenOver += messages),
    hedged: ({ result, messages }) => (reported.hedges[result] = (reported.hedges[result] ?? 0) + messages),
    hedgeWithheld: ({ cause }) => reported.withheld.push(cause),
    unreadable: () => {},
    claimed: () => {},
    deliveryFailed: ({ step }) => reported.failures.push(step),
  }
  const settingsOf = (type: MessageClass): DeliverySettings => ({
    db,
    newId: newIdOf(db),
    type,
    route: (messages) => [{ messages, operators, operatorsTotal: operators.length, reason: 'all of them' }],
    testOperators: [],
    callsMax: CALLS_MAX,
    recipientsInFlightMax: 3_200,
    batchSizeMax: 2_000,
    concurrency: 1,
    retry: RETRY,
    random: () => 0,
    validityMs: VALIDITY_MS,
    onUnknown: null,
    unknownSubmissionsMax: UNKNOWN_SUBMISSIONS_MAX[type],
    events,
    operatorEvents: SILENT_EVENTS,
    ...changes,
  })
  const byClass = { normal: open(settingsOf('normal')), express: open(settingsOf('express')) }
  return { deliver: (envelope) => byClass[envelope.type](envelope, stopping), reported }
}

async function readRows(db: Db, smsIdentifier: string): Promise<Row[]> {
  return read(db, 'test.rows', async (reader) => {
    const { rows } = await sql<Record<string, unknown>>`
      SELECT recipient_no AS no, recipient, status, provider, HEX(owner) AS owner, attempts, unconfirmed, failure_reason,
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
      attempts: row['attempts'] as number,
      unconfirmed: row['unconfirmed'] as number,
      failureReason: row['failure_reason'] as string | null,
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
    const { rows } = await sql<{
      payload: string
      last_error: string | null
      due_in_us: string
      delay_ms: number
    }>`
      SELECT payload, last_error, IF(lane IN (0, 2), 0, order_key - ${NOW_KEY}) AS due_in_us,
             ROUND(order_key / 1000 - UNIX_TIMESTAMP(created_at) * 1000, -1) AS delay_ms
      FROM outbox_events ORDER BY id`.execute(reader)
    return rows.map((row) => ({
      names: (decodeRanges(row.payload) ?? []).map(
        ({ smsIdentifier, first, last }) => `${smsIdentifier}:${first}-${last}`,
      ),
      lastError: row.last_error,
      dueInMs: Number(row.due_in_us) / 1_000,
      delayMs: Number(row.delay_ms),
    }))
  })
}

function readQuarantined(db: Db): Promise<string[]> {
  return read(db, 'test.quarantine', async (reader) => {
    const rows = await listQuarantine(reader, 1_000)
    return rows.map(({ smsIdentifier, recipientNo }) => `${smsIdentifier}:${recipientNo}`)
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
