import assert from 'node:assert/strict'
import { sql } from 'kysely'
import type { DeliveryStatus, ReceiptState, SmsState, WaitingState } from '../../db/schema.ts'
import type { Misses } from '../../src/deadlines/index.ts'
import { RECEIPTS_DEFAULT } from '../../src/operators/index.ts'
import type { ReceiptOptions } from '../../src/operators/index.ts'
import { read, transact } from '../../src/platform/db/index.ts'
import type { Db } from '../../src/platform/db/index.ts'
import { identifierFromBytes, identifierToBytes } from '../../src/primitives/identifier.ts'
import { applyDue } from '../../src/receipts/index.ts'
import type { ReceiptEvents } from '../../src/receipts/index.ts'
import type { AppliedWaiting } from '../../src/receipts/applyWaiting.ts'
import { storeLateResults } from '../../src/receipts/storeLate.ts'
import { insertWaiting } from '../../src/receipts/waiting.ts'
import { newIdOf } from '../support/arrange.ts'
import { openBench, openDelivery } from '../delivery/bench.ts'
import type { Bench, Request } from '../delivery/bench.ts'
import { testOperator } from '../delivery/operators.ts'
import type { Answer } from '../delivery/operators.ts'

/** A receipt of the HTTP protocol. */
export interface WireReceipt {
  reference?: string
  message_id?: string | number
  status?: string
  error_code?: string
  done_at?: string
}

export interface Delivered {
  status: SmsState
  delivery: DeliveryStatus | null
  reason: string | null
  provider: string
}

/** Messages, operators and their receipts on the real database, without HTTP. */
export interface ReceiptBench {
  delivery: Bench
  db: Db
  applied: AppliedWaiting[]
  /** Guarantees that receipts and late results found to be missed. */
  missed: Misses[]
  setAside: string[]
  /** Settings of an operator's receipts. */
  configure(operator: string, options: Partial<ReceiptOptions>): void
  /** Sends a message to one recipient through operators. @returns its reference. */
  send(options?: SendOptions): Promise<string>
  /** Stores receipts of an operator, each in a request of its own, as old as said. */
  receive(operator: string, receipts: WireReceipt[], ageSeconds?: number): Promise<void>
  /** The same in one request, of any content. */
  receiveRaw(operator: string, raw: string, ageSeconds?: number): Promise<void>
  /** Applies what is due until nothing is. */
  apply(): Promise<void>
  /** Makes what waits due. */
  makeDue(): Promise<void>
  /** Stores one receipt and applies it. */
  report(operator: string, receipt: WireReceipt): Promise<void>
  /** Stores what an operator said after its call had ended. */
  storeLate(
    operator: string,
    late: { reference: string; part: number; parts: number; id: string },
  ): Promise<void>
  of(reference: string): Promise<Delivered>
  /** The states of receipts that matched, in their order. */
  recorded(reference: string): Promise<ReceiptState[]>
  waiting(): Promise<{ state: WaitingState; reason: string | null; raw: string }[]>
  change(statement: ReturnType<typeof sql>): Promise<void>
  close(): Promise<void>
}

export interface SendOptions extends Request {
  operator?: string
  answer?: Answer
  keepsOurReference?: boolean
  /** The identifier that the operator gives it. */
  messageId?: string
  partIds?: (string | null)[]
}

export async function openReceiptBench(): Promise<ReceiptBench> {
  const delivery = await openBench()
  const { db } = delivery
  const options = new Map<string, ReceiptOptions>()
  const applied: AppliedWaiting[] = []
  const missed: Misses[] = []
  const setAside: string[] = []
  const events: ReceiptEvents = {
    ...{
      stored: () => {},
      refused: () => {},
      orphansRemoved: () => {},
      applyFailed: () => {},
      lateNotStored: () => {},
    },
    applied: (fact) => applied.push(fact),
    setAside: ({ id }) => setAside.push(id),
  }
  const newId = newIdOf(db)
  const deadlines = { missed: (misses: Misses) => void missed.push(misses) }
  const context = {
    db,
    newId,
    events,
    deadlines,
    sources: (name: string) => options.get(name) ?? RECEIPTS_DEFAULT,
  }
  const change = (statement: ReturnType<typeof sql>) =>
    read(db, 'test.change', async (reader) => void (await statement.execute(reader)))

  async function receiveRaws(operator: string, raws: string[], ageSeconds = 0): Promise<void> {
    const rows = raws.map((raw) => {
      return { id: newId(), operator, protocol: 'chapar-http', raw: Buffer.from(raw) }
    })
    await transact(db, 'test.receive', (tx) => insertWaiting(tx, rows))
    if (ageSeconds === 0) return
    for (const { id } of rows)
      await change(sql`UPDATE waiting_receipts SET received_at = received_at - INTERVAL ${sql.lit(ageSeconds)} SECOND
        WHERE id = ${identifierToBytes(id)}`)
  }
  async function apply(): Promise<void> {
    while ((await applyDue(context)) === 'worked');
  }
  return {
    ...{ delivery, db, applied, missed, setAside, change, apply },
    configure: (name, changes) => void options.set(name, { ...RECEIPTS_DEFAULT, ...changes }),
    async send({ operator = 'a', answer, keepsOurReference = true, messageId, partIds, ...request } = {}) {
      const id = await delivery.accept(request)
      const accepts: Answer = (batch) => ({
        kind: 'answered',
        results: batch.map(() => ({
          kind: 'accepted',
          operatorMessageId: messageId ?? null,
          ...(partIds && { partIds }),
        })),
      })
      const { deliver } = openDelivery(db, [testOperator(operator, answer ?? accepts, { keepsOurReference })])
      await deliver(await delivery.envelope(request.type))
      return `${id}:1`
    },
    receive: (operator, receipts, ageSeconds) =>
      receiveRaws(
        operator,
        receipts.map((receipt) => JSON.stringify(receipt)),
        ageSeconds,
      ),
    receiveRaw: (operator, raw, ageSeconds) => receiveRaws(operator, [raw], ageSeconds),
    makeDue: () => change(sql`UPDATE waiting_receipts SET due_at = NOW(3) WHERE state = 'waiting'`),
    async report(operator, receipt) {
      await receiveRaws(operator, [JSON.stringify(receipt)])
      await apply()
    },
    async storeLate(operator, { id, ...late }) {
      const result = { kind: 'accepted' as const, operatorMessageId: id }
      const found = await transact(db, 'test.late', (tx) =>
        storeLateResults(tx, [{ operator, late: { kind: 'late_result', ...late, result } }]),
      )
      missed.push(found)
    },
    async of(reference) {
      const { id, no } = keyOf(reference)
      const row = await read(db, 'test.delivered', (reader) =>
        reader
          .selectFrom('sms_status')
          .select(['status', 'delivery_status', 'failure_reason', 'provider'])
          .where('sms_identifier', '=', id)
          .where('recipient_no', '=', no)
          .executeTakeFirstOrThrow(),
      )
      const { status, delivery_status, failure_reason, provider } = row
      return { status, delivery: delivery_status, reason: failure_reason, provider }
    },
    async recorded(reference) {
      const { id, no } = keyOf(reference)
      const rows = await read(db, 'test.recorded', (reader) =>
        reader
          .selectFrom('receipts')
          .select('state')
          .where('sms_identifier', '=', id)
          .where('recipient_no', '=', no)
          .orderBy('id')
          .execute(),
      )
      return rows.map(({ state }) => state)
    },
    async waiting() {
      const rows = await read(db, 'test.waiting', (reader) =>
        reader.selectFrom('waiting_receipts').selectAll().orderBy('id').execute(),
      )
      return rows.map(({ state, reason, raw }) => ({ state, reason, raw: raw.toString() }))
    },
    async close() {
      await delivery.assertBooksBalance()
      await delivery.close()
    },
  }
}

function keyOf(reference: string): { id: Buffer; no: number } {
  const [id = '', no = ''] = reference.split(':')
  const bytes = identifierToBytes(id)
  assert.equal(identifierFromBytes(bytes), id)
  return { id: bytes, no: Number(no) }
}
