import assert from 'node:assert/strict'
import { sql } from 'kysely'
import { readCounts } from '../../src/ops/live/readCounts.ts'
import { readBacklogs } from '../../src/ops/lists/backlogs.ts'
import { findCustomers } from '../../src/ops/lists/customers.ts'
import { search } from '../../src/ops/search/search.ts'
import { read } from '../../src/platform/db/index.ts'
import { identifierToBytes } from '../../src/primitives/identifier.ts'
import { PLAIN_SENDING } from '../../src/primitives/sendingPlan.ts'
import { report } from '../../src/processes/index.ts'
import { newCustomer } from '../accounts/arrangeAccounts.ts'
import { stateOf } from '../processes/stateOf.ts'
import { fund, look, newIdOf, sendOne } from '../support/arrange.ts'
import { freshStack } from '../support/servers.ts'
import type { Stack } from '../support/servers.ts'

describe('what the operations page lists', () => {
  let stack: Stack
  beforeEach(async () => (stack = await freshStack()))
  afterEach(() => stack.drop())

  const receipt = (state: string, reason: string | null) =>
    look(
      stack.db,
      sql`INSERT INTO waiting_receipts (id, state, due_at, operator, protocol, raw, reason, received_at)
        VALUES (${identifierToBytes(newIdOf(stack.db)())}, ${state}, NOW(3), 'north', 'smpp', 'x', ${reason}, NOW(3))`,
    )

  it('is counted up to a bound, receipts by the reason of their last try', async () => {
    assert.deepEqual(await read(stack.db, 'test.counts', readCounts), {
      ...{ quarantine: 0, disabledWebhooks: 0, openActions: 0 },
      receipts: { waiting: 0, orphan: 0, reasons: [] },
    })
    for (const reason of ['matches no message', 'cannot be read', 'matches no message', null])
      await receipt('orphan', reason)
    await receipt('waiting', 'matches no message')
    const { receipts } = await read(stack.db, 'test.counts', readCounts)
    assert.deepEqual(receipts, {
      ...{ waiting: 1, orphan: 4 },
      reasons: [
        { reason: 'matches no message', count: 2 },
        { reason: 'cannot be read', count: 1 },
        { reason: 'not tried yet', count: 1 },
      ],
    })
  })

  it('are customers by a part of the name, by number and by identifier, with their balance', async () => {
    const one = await newCustomer(stack.db, 'One 100% Ltd')
    const other = await newCustomer(stack.db, 'Another')
    await fund(stack.db, one.userId, 55)
    const find = async (text: string) => (await findCustomers(stack.db, text)).map(({ name }) => name)
    assert.deepEqual(await find(''), ['Another', 'One 100% Ltd'])
    assert.deepEqual(await find('one'), ['One 100% Ltd'])
    // Signs of a pattern mean themselves.
    assert.deepEqual([await find('100%'), await find('1%L'), await find('_')], [['One 100% Ltd'], [], []])
    assert.deepEqual(await find(String(other.userId)), ['Another'])
    const [found] = await findCustomers(stack.db, one.publicId)
    assert.deepEqual([found?.userId, found?.balance], [one.userId, 55])
  })

  it('are the customers that others wait for, by their backlogs and by their shares of what relays took', async () => {
    const large = await newCustomer(stack.db, 'Large')
    for (const userId of [large.userId, 7, 8]) await fund(stack.db, userId, 10_000)
    await sendOne(stack.db, {
      userId: large.userId,
      to: 2_000,
      sending: { ...PLAIN_SENDING, normalWeight: 2 },
    })
    await sendOne(stack.db, { userId: 7, to: 30 })
    await look(stack.db, sql`UPDATE customers SET normal_weight = 2`)
    const customers = {
      recipients: 400,
      most: [
        { userId: 8, recipients: 100, waitMs: 5_000 },
        { userId: 7, recipients: 40, waitMs: 80 },
      ],
    }
    await report(
      stack.db,
      { id: newIdOf(stack.db)(), roles: ['relay'], version: '1.0.0' },
      { ...stateOf(), customers },
    )
    const found = await readBacklogs(stack.db)
    assert.deepEqual(
      found.map(({ oldestAt, ...others }) => ({ ...others, isOld: oldestAt !== null })),
      [
        { userId: large.userId, name: 'Large', weight: 2, parts: 2_000, share: 0, waitMs: null, isOld: true },
        { userId: 7, name: null, weight: 1, parts: 30, share: 0.1, waitMs: 2, isOld: true },
        { userId: 8, name: null, weight: null, parts: 0, share: 0.25, waitMs: 50, isOld: false },
      ],
    )
  })

  it("are messages by an operator's own identifier, in any notation that receipts may use", async () => {
    await fund(stack.db, 7, 10)
    const id = await sendOne(stack.db, { userId: 7, to: 2 })
    await look(
      stack.db,
      sql`INSERT INTO operators (name, place, protocol, classes, configured_at, state, weight)
        VALUES ('north', 0, 'smpp', 'normal', NOW(3), 'active', 100)`,
    )
    await look(
      stack.db,
      sql`INSERT INTO operator_messages (sms_identifier, recipient_no, provider, provider_message_id, created_at)
        VALUES (${identifierToBytes(id)}, 2, 'north', '00A9F1', NOW(3))`,
    )
    const { found } = await search(stack.db, { text: 'a9f1' })
    assert.deepEqual(
      found.map(({ smsIdentifier, recipientNo, by }) => [smsIdentifier, recipientNo, by]),
      [[id, 2, 'operator identifier']],
    )
  })
})
