import assert from 'node:assert/strict'
import { sql } from 'kysely'
import { v7 } from 'uuid'
import { listMessages, listRecipients, readMessage } from '../../src/messages/index.ts'
import type { MessageView } from '../../src/messages/describeMessages.ts'
import type { MessagesQuery } from '../../src/messages/listMessages.ts'
import { noCounts } from '../../src/messages/v1Status.ts'
import { claim } from '../../src/outbox/claim.ts'
import { closeDb } from '../../src/platform/db/index.ts'
import type { Db } from '../../src/platform/db/index.ts'
import { identifierToBytes } from '../../src/primitives/identifier.ts'
import { fund, look, newIdOf, offer, sendOne } from '../support/arrange.ts'
import { explain } from '../support/explain.ts'
import { openInThePast } from '../support/inThePast.ts'
import { freshStack } from '../support/servers.ts'
import type { Stack } from '../support/servers.ts'

const CUSTOMER = 1
const NONE = { messages: [], nextBefore: null, beginsAt: undefined }
/** A query that goes on for longer than this many pages does not end. */
const PAGES_MAX = 300

/** Follows the cursors to the end. */
async function readAll(db: Db, query: Partial<MessagesQuery> = {}): Promise<MessageView[][]> {
  const pages: MessageView[][] = []
  let before: string | undefined
  do {
    const page = await listMessages(db, { userId: CUSTOMER, limit: 100, ...query, before })
    pages.push(page.messages)
    before = page.nextBefore ?? undefined
    assert.ok(pages.length <= PAGES_MAX, 'the pages end')
  } while (before)
  return pages
}

const idsOf = (pages: MessageView[][]) => pages.flat().map(({ smsIdentifier }) => smsIdentifier)

describe('reading messages', () => {
  let stack: Stack
  let db: Db
  before(async () => {
    stack = await freshStack()
    db = stack.db
    for (const userId of [CUSTOMER, 2]) await fund(db, userId, 1_000_000)
  })
  after(() => stack.drop())
  beforeEach(async () => {
    for (const table of ['outbox_events', 'sms_quarantine', 'message_references', 'message_tags'])
      await look(db, sql`DELETE FROM ${sql.table(table)}`)
    for (const table of ['sms_status', 'sms_requests']) await look(db, sql`DELETE FROM ${sql.table(table)}`)
  })

  const sendTo = (to: number | string[] = 1, userId = CUSTOMER) => sendOne(db, { userId, to })
  const setRecipient = (id: string, no: number, changes: ReturnType<typeof sql>) =>
    look(
      db,
      sql`UPDATE sms_status SET ${changes} WHERE sms_identifier = ${identifierToBytes(id)} AND recipient_no = ${no}`,
    )
  const finish = async (id: string, status = 'done') => {
    await look(
      db,
      sql`UPDATE sms_status SET status = ${status}, provider = 'a' WHERE sms_identifier = ${identifierToBytes(id)}`,
    )
    await look(db, sql`DELETE FROM outbox_events WHERE sms_identifier = ${identifierToBytes(id)}`)
  }
  const readOne = (smsIdentifier: string, userId = CUSTOMER) => readMessage(db, { userId, smsIdentifier })

  it('shows the message of one recipient with its state', async () => {
    const id = await sendTo(['+14155550100'])
    const waiting = await readOne(id)
    assert.ok(waiting)
    assert.deepEqual(
      [waiting.status, waiting.to, waiting.text, waiting.cost, waiting.attempts, waiting.provider],
      ['QUEUED', ['+14155550100'], 'hi', 1, 0, null],
    )
    await setRecipient(id, 1, sql`retrying_since = NOW(3), attempts = 1`)
    assert.equal((await readOne(id))?.status, 'FAILED_TEMP')
    await setRecipient(id, 1, sql`status = 'failed', attempts = 2, failure_reason = 'no operator took it'`)
    const failed = await readOne(id)
    assert.deepEqual(
      [failed?.status, failed?.attempts, failed?.failure],
      ['FAILED_PERM', 2, { code: 'not_accepted', detail: 'no operator took it' }],
    )
    await setRecipient(id, 1, sql`possibly_sent = TRUE`)
    assert.equal((await readOne(id))?.failure?.code, 'possibly_sent')
    await setRecipient(id, 1, sql`provider = 'operator-a'`)
    const rejected = await readOne(id)
    assert.deepEqual([rejected?.failure?.code, rejected?.provider], ['rejected', 'operator-a'])
  })

  it('is scheduled until its time has come, by the clock of the database', async () => {
    const id = await sendTo()
    const schedule = (interval: string) =>
      look(db, sql`UPDATE sms_requests SET send_at = NOW(3) + INTERVAL ${sql.raw(interval)}`)
    await schedule('1 HOUR')
    assert.equal((await readOne(id))?.status, 'SCHEDULED')
    assert.deepEqual(idsOf(await readAll(db, { status: 'SCHEDULED' })), [id])
    await schedule('-1 SECOND')
    assert.equal((await readOne(id))?.status, 'QUEUED')
  })

  it('counts several recipients by status, and lists at most a hundred', async () => {
    const id = await sendTo(100)
    await setRecipient(id, 1, sql`status = 'done', provider = 'a', attempts = 3`)
    await setRecipient(id, 2, sql`status = 'failed', provider = 'a', failure_reason = 'invalid number'`)
    const message = await readOne(id)
    assert.deepEqual(message?.counts, { ...noCounts(), QUEUED: 98, SENT: 1, FAILED_PERM: 1 })
    assert.deepEqual(
      [message.status, message.cost, message.attempts, message.provider, message.failure, message.to?.length],
      ['SENDING', 100, 3, null, null, 100],
    )
    assert.equal((await readOne(await sendTo(101)))?.to, null)
  })

  it('knows no message of another customer, and nothing under what is no identifier', async () => {
    const id = await sendTo()
    assert.equal(await readOne(id, 2), undefined)
    assert.equal(await listRecipients(db, { userId: 2, smsIdentifier: id, limit: 10, after: 0 }), undefined)
    assert.deepEqual(await listMessages(db, { userId: 2, limit: 10 }), NONE)
    assert.equal(await readOne(newIdOf(db)()), undefined)
    assert.equal(await readOne('4711'), undefined)
  })

  it('pages through the recipients of a message in their order, each once', async () => {
    const numbers = Array.from({ length: 25 }, (_, index) => `0912${String(index).padStart(7, '0')}`)
    const id = await sendTo(numbers)
    const seen: string[] = []
    let after: number | null = 0
    while (after !== null) {
      const page = await listRecipients(db, { userId: CUSTOMER, smsIdentifier: id, limit: 10, after })
      assert.ok(page && page.recipients.length > 0)
      seen.push(...page.recipients.map(({ recipient }) => recipient))
      after = page.nextAfter
    }
    assert.deepEqual(seen, numbers)
  })

  it('pages through all messages, newest first, each once', async () => {
    const sent: string[] = []
    for (const to of [1, 5, 130, 1, 2, 1, 1]) sent.push(await sendTo(to))
    await sendTo(1, 2)
    const pages = await readAll(db, { limit: 3 })
    assert.deepEqual(idsOf(pages), sent.toReversed())
    assert.deepEqual(
      pages.map(({ length }) => length),
      [3, 3, 1],
    )
  })

  it('finds the messages of a status, and of finished ones those that are asked for', async () => {
    const sent: string[] = []
    for (let i = 0; i < 12; i++) sent.push(await sendTo(2))
    const [first = '', second = '', third = ''] = sent
    for (const id of sent.slice(3)) await finish(id)
    await finish(second, 'cancelled')
    await setRecipient(third, 1, sql`status = 'sending'`)
    assert.deepEqual(idsOf(await readAll(db, { status: 'QUEUED' })), [first])
    assert.deepEqual(idsOf(await readAll(db, { status: 'CANCELLED' })), [second])
    assert.deepEqual(idsOf(await readAll(db, { status: 'SENDING' })), [third])
    assert.deepEqual(idsOf(await readAll(db, { status: 'SENT', limit: 4 })), sent.slice(3).toReversed())
    assert.deepEqual(idsOf(await readAll(db, { status: 'FAILED_PERM' })), [])
  })

  it('finds what is quarantined, and what a claim merged with others', async () => {
    const quarantined = await sendTo()
    await finish(quarantined, 'sending')
    const row = [identifierToBytes(quarantined), 1, CUSTOMER, 'test', new Date()]
    await look(
      db,
      sql`INSERT INTO sms_quarantine (sms_identifier, recipient_no, user_id, reason, created_at) VALUES (${sql.join(row)})`,
    )
    const merged = [await sendTo(), await sendTo()]
    await claim(db, 'normal', 20, newIdOf(db))
    const rows = await look(db, sql`SELECT id FROM outbox_events WHERE user_id IS NULL`)
    assert.equal(rows.length, 1)
    assert.deepEqual(idsOf(await readAll(db, { status: 'SENDING' })), [quarantined])
    assert.deepEqual(idsOf(await readAll(db, { status: 'QUEUED', limit: 1 })), merged.toReversed())
  })

  it('comes to an end with messages that have more open recipients than a page examines', async () => {
    const sent: string[] = []
    for (const to of [1, 6_000, 1, 6_000, 1]) sent.push(await sendTo(to))
    assert.deepEqual(idsOf(await readAll(db, { status: 'QUEUED' })), sent.toReversed())
    assert.deepEqual(idsOf(await readAll(db)), sent.toReversed())
    const first = await listMessages(db, { userId: CUSTOMER, limit: 100 })
    assert.equal(first.messages.length, 4, 'a page ends with the message that fills it')
  })

  it('lists what was accepted in a period, the beginning included and the end not', async () => {
    const startMs = Date.parse('2026-01-01T00:00:00Z')
    const at = (minute: number) => startMs + minute * 60_000
    const sent: string[] = []
    for (const minute of [0, 1, 2]) {
      // An identifier is made some time before its message is accepted.
      const smsIdentifier = v7({ msecs: at(minute) - 20_000 })
      const past = await openInThePast(stack.databaseUrl, (Date.now() - at(minute)) / 1_000)
      await sendOne(past, { userId: CUSTOMER, to: 1, smsIdentifier })
      await closeDb(past)
      await look(
        db,
        sql`UPDATE sms_requests SET created_at = ${new Date(at(minute))} WHERE sms_identifier = ${identifierToBytes(smsIdentifier)}`,
      )
      sent.push(smsIdentifier)
    }
    const later = await sendTo()
    const [first, second, third] = sent
    const period = (createdFromMs?: number, createdUntilMs?: number, status?: 'QUEUED') =>
      readAll(db, { createdFromMs, createdUntilMs, status }).then(idsOf)
    for (const status of [undefined, 'QUEUED'] as const) {
      assert.deepEqual(await period(at(1), undefined, status), [later, third, second])
      assert.deepEqual(await period(undefined, at(2), status), [second, first])
      assert.deepEqual(await period(at(1), at(2), status), [second])
      assert.deepEqual(await period(at(1) + 1, at(2), status), [])
    }
  })

  it('shows what the customer calls a message, whom it is from, and how its number was written', async () => {
    const tags = ['"quoted\\', '🚚', '\u0001\u2028', "x'; --", 'é']
    const id = await sendOne(db, {
      ...{ userId: CUSTOMER, to: ['+989120000001'], givenTo: ['۰۹۱۲ 000 0001'] },
      ...{ sender: 'My Shop', clientReference: ' order-1843 🚚 ', tags, expiresInSeconds: 60 },
    })
    const message = await readOne(id)
    assert.deepEqual(
      [message?.sender, message?.clientReference, message?.tags, message?.to, message?.toGiven],
      ['My Shop', ' order-1843 🚚 ', tags, ['+989120000001'], ['۰۹۱۲ 000 0001']],
    )
    const { createdAt, expiresAt } = message ?? {}
    assert.equal((expiresAt?.getTime() ?? 0) - (createdAt?.getTime() ?? 0), 60_000)
    const page = await listRecipients(db, { userId: CUSTOMER, smsIdentifier: id, limit: 10, after: 0 })
    assert.deepEqual(
      page?.recipients.map(({ recipient, givenTo }) => [recipient, givenTo]),
      [['+989120000001', '۰۹۱۲ 000 0001']],
    )
  })

  it('shows nothing of that for a message without it, and writes nothing for it', async () => {
    const id = await sendTo()
    const message = await readOne(id)
    assert.deepEqual(
      [message?.sender, message?.clientReference, message?.tags, message?.toGiven, message?.expiresAt],
      [null, null, [], null, null],
    )
    for (const table of ['message_references', 'message_tags'])
      assert.deepEqual(await look(db, sql`SELECT * FROM ${sql.table(table)}`), [])
  })

  it('expires after its time to be sent when it is scheduled', async () => {
    const sendAt = new Date('2030-01-01T00:00:00.123Z')
    const id = await sendOne(db, { userId: CUSTOMER, to: 1, sendAt, expiresInSeconds: 300 })
    assert.equal((await readOne(id))?.expiresAt?.toISOString(), '2030-01-01T00:05:00.123Z')
  })

  it('shows which of several numbers were written otherwise', async () => {
    const id = await sendOne(db, { userId: CUSTOMER, to: 2, givenTo: [null, '0912 000 0001'] })
    assert.deepEqual((await readOne(id))?.toGiven, [null, '0912 000 0001'])
  })

  it('says that a message expired, unless an operator may have it', async () => {
    const id = await sendTo()
    await setRecipient(id, 1, sql`status = 'failed', failure_reason = 'expired'`)
    const expired = await readOne(id)
    assert.deepEqual(
      [expired?.status, expired?.failure],
      ['FAILED_PERM', { code: 'expired', detail: 'expired' }],
    )
    await setRecipient(id, 1, sql`possibly_sent = TRUE`)
    assert.equal((await readOne(id))?.failure?.code, 'possibly_sent')
    await setRecipient(id, 1, sql`provider = 'operator-a', possibly_sent = FALSE`)
    assert.equal((await readOne(id))?.failure?.code, 'rejected')
  })

  it('finds messages by their reference, exactly, page by page', async () => {
    const named = async (clientReference: string, userId = CUSTOMER) =>
      sendOne(db, { userId, to: 1, clientReference })
    const sent = [await named('order-1'), await named('order-1'), await named('order-1')]
    for (const other of ['order-1 ', 'ORDER-1', 'order-', 'order-11']) await named(other)
    await named('order-1', 2)
    await sendTo()
    const find = (query: Partial<MessagesQuery>) => readAll(db, { clientReference: 'order-1', ...query })
    assert.deepEqual(idsOf(await find({})), sent.toReversed())
    const pages = await find({ limit: 2 })
    assert.deepEqual(
      pages.map(({ length }) => length),
      [2, 1],
    )
    await finish(sent[1] ?? '')
    assert.deepEqual(idsOf(await find({ status: 'SENT' })), [sent[1]])
    assert.deepEqual(idsOf(await find({ status: 'QUEUED', limit: 1 })), [sent[2], sent[0]])
    assert.deepEqual(idsOf(await readAll(db, { clientReference: 'order-1 ' })).length, 1)
    assert.deepEqual(idsOf(await find({ createdUntilMs: Date.parse('2026-01-01T00:00:00Z') })), [])
  })

  it('finds messages by a tag among others, and by a number in either form', async () => {
    const tagged = async (...tags: string[]) => sendOne(db, { userId: CUSTOMER, to: ['+14155550100'], tags })
    const [first, second, third] = [await tagged('a', 'b'), await tagged('b'), await tagged('A')]
    const plain = await sendOne(db, { userId: CUSTOMER, to: ['09120000001', '14155550100'] })
    const other = await sendTo(['+14155550101'])
    assert.deepEqual(idsOf(await readAll(db, { tag: 'b' })), [second, first])
    assert.deepEqual(idsOf(await readAll(db, { tag: 'a', limit: 1 })), [first])
    assert.deepEqual(idsOf(await readAll(db, { tag: 'c' })), [])
    assert.deepEqual(idsOf(await readAll(db, { toDigits: '14155550100' })), [plain, third, second, first])
    assert.deepEqual(idsOf(await readAll(db, { toDigits: '14155550100', tag: 'b', limit: 1 })), [
      second,
      first,
    ])
    assert.deepEqual(idsOf(await readAll(db, { toDigits: '14155550101', status: 'QUEUED' })), [other])
    await finish(second ?? '')
    assert.deepEqual(idsOf(await readAll(db, { tag: 'b', status: 'QUEUED' })), [first])
    assert.deepEqual(idsOf(await readAll(db, { tag: 'b', status: 'SENT' })), [second])
  })

  it('examines a bounded number of messages a page for a tag or a number, and goes on from there', async () => {
    const first = await sendOne(db, { userId: CUSTOMER, to: ['+14155550100'], tags: ['rare'] })
    const many = Array.from({ length: 1_200 }, () => ({ userId: CUSTOMER, to: 1, tags: ['often'] }))
    await offer(db, ...many)
    for (const query of [{ tag: 'rare' }, { toDigits: '14155550100' }]) {
      const page = await listMessages(db, { userId: CUSTOMER, limit: 100, ...query })
      assert.deepEqual([page.messages, page.nextBefore === null], [[], false])
      assert.deepEqual(idsOf(await readAll(db, query)), [first])
    }
  })

  it('finds a reference through an index, whatever else the customer has', async () => {
    const plan = await explain(
      db,
      sql`SELECT sms_identifier FROM message_references FORCE INDEX (idx_message_references_reference)
        WHERE user_id = 1 AND client_reference = 'a' AND sms_identifier < ${Buffer.alloc(16, 255)}
          AND sms_identifier >= ${Buffer.alloc(16)} ORDER BY sms_identifier DESC LIMIT 101`,
    )
    assert.equal(plan[0]?.key, 'idx_message_references_reference')
    assert.doesNotMatch(plan[0]?.Extra ?? '', /filesort/)
  })
})
