import assert from 'node:assert/strict'
import { sql } from 'kysely'
import { audit } from '../../src/audit/index.ts'
import { readHistory } from '../../src/messages/index.ts'
import { removeTexts } from '../../src/retention/removeTexts.ts'
import { bytes } from '../audit/variedTables.ts'
import { fund, look, newIdOf, sendOne } from '../support/arrange.ts'
import { freshStack } from '../support/servers.ts'
import type { Stack } from '../support/servers.ts'
import { DAY_MS, finish, openRemoval } from './weeks.ts'

const KEY = 'k'.repeat(32)

describe('texts and numbers', () => {
  let stack: Stack
  beforeEach(async () => {
    stack = await freshStack()
    await look(stack.db, sql`UPDATE retention_position SET texts_until = NULL, texts_left_until = NULL`)
    await fund(stack.db, 1, 1_000)
  })
  afterEach(() => stack.drop())

  const send = async (to: string[], isFinished = true) => {
    const id = await sendOne(stack.db, { userId: 1, to, smsIdentifier: newIdOf(stack.db)(), text: 'private' })
    if (isFinished) await finish(stack.db, 1, id)
    return id
  }
  const removeAt = async (nowMs: number, numberKey = KEY) => {
    const { context } = openRemoval(stack, () => nowMs, { kept: { textsMs: 7 * DAY_MS }, numberKey })
    while (await removeTexts(context, nowMs));
  }
  const textOf = async (id: string) =>
    (
      await look(
        stack.db,
        sql<{ text: string }>`SELECT text FROM sms_requests WHERE sms_identifier = ${bytes(id)}`,
      )
    )[0]?.text
  const numbersOf = async (id: string) =>
    (
      await look(
        stack.db,
        sql<{ recipient: string }>`SELECT recipient FROM sms_status WHERE sms_identifier = ${bytes(id)}`,
      )
    ).map(({ recipient }) => recipient)

  it('are removed and hashed when they are old enough: equal numbers stay equal, and their country known', async () => {
    const one = await send(['+989121234567', '+14155550100'])
    const other = await send(['+14155550199', '+989121234567'])
    await look(
      stack.db,
      sql`INSERT INTO receipts (sms_identifier, recipient_no, id, operator, state, raw, received_at)
        VALUES (${bytes(one)}, 1, REPEAT('0', 16), 'operator-a', 'intermediate', 'to=+989121234567', NOW(3))`,
    )
    await removeAt(Date.now() + 6 * DAY_MS)
    assert.equal(await textOf(one), 'private')
    await removeAt(Date.now() + 8 * DAY_MS)
    assert.deepEqual([await textOf(one), await textOf(other)], ['', ''])
    const [iran, us] = await numbersOf(one)
    const [, again] = await numbersOf(other)
    assert.match(iran ?? '', /^hIR[\w-]{13}$/)
    assert.match(us ?? '', /^hUS/)
    assert.equal(iran, again)
    const { items } = await readHistory(stack.db, { userId: 1, limit: 10 })
    assert.ok(items.every(({ recipient }) => recipient.startsWith('h')))
    const [{ raw } = { raw: Buffer.from('x') }] = await look(
      stack.db,
      sql<{ raw: Buffer }>`SELECT raw FROM receipts`,
    )
    assert.equal(raw.length, 0)
    await look(stack.db, sql`DELETE FROM receipts`)
    assert.deepEqual((await audit(stack.db)).violations, [])
  })

  it('hash to something else under another key', async () => {
    const one = await send(['+989121234567', '+14155550100'])
    await removeAt(Date.now() + 8 * DAY_MS)
    const [first] = await numbersOf(one)
    const two = await send(['+989121234567', '+14155550100'])
    await removeAt(Date.now() + 9 * DAY_MS, 'other'.repeat(8))
    const [second] = await numbersOf(two)
    assert.notEqual(first, second)
  })

  it('of an unfinished message stay, are passed over, and go when it has come to its end', async () => {
    const open = await send(['+989121234567', '+14155550100'], false)
    const finished = await send(['+989121234567', '+14155550100'])
    await removeAt(Date.now() + 8 * DAY_MS)
    assert.deepEqual([await textOf(open), await textOf(finished)], ['private', ''])
    await removeAt(Date.now() + 60 * DAY_MS)
    assert.equal(await textOf(open), 'private', 'also when everything else of its time has')
    await finish(stack.db, 1, open)
    await removeAt(Date.now() + 60 * DAY_MS)
    assert.equal(await textOf(open), '')
    assert.match((await numbersOf(open))[0] ?? '', /^hIR/)
  })
})
