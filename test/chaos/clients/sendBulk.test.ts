import assert from 'node:assert/strict'
import { sql } from 'kysely'
import { cancelBulk, readBulk } from '../../../chaos/clients/followBulk.ts'
import { startGivingKeys } from '../../../chaos/clients/giveKeys.ts'
import { openRecord } from '../../../chaos/clients/record.ts'
import type { ClientRecord, SentBulk } from '../../../chaos/clients/record.ts'
import { sendBulk } from '../../../chaos/clients/sendBulk.ts'
import type { KeyHolder, KeyedTurn } from '../../../chaos/clients/sendKeyed.ts'
import { SPEND_PER_DAY_OF } from '../../../chaos/customers.ts'
import { compareBulks } from '../../../chaos/proof/compareBulks.ts'
import { compareCancels } from '../../../chaos/proof/compareCancels.ts'
import { compareClients } from '../../../chaos/proof/compareClients.ts'
import { compareRepeats } from '../../../chaos/proof/compareRepeats.ts'
import { compareSpending } from '../../../chaos/proof/compareSpending.ts'
import { isPlanned } from '../../../chaos/proof/planned.ts'
import { openRandom } from '../../../chaos/random.ts'
import { topUp } from '../../support/api.ts'
import { look } from '../../support/arrange.ts'
import { startTestEngine } from '../../support/engine.ts'
import type { TestEngine } from '../../support/engine.ts'

const RICH = 201
const [CAPPED = 0] = SPEND_PER_DAY_OF.keys()
const HOUR_MS = 3_600_000

describe('clients with API keys that send bulks', () => {
  let engine: TestEngine
  let holders: readonly KeyHolder[]
  let record: ClientRecord
  beforeEach(async () => {
    engine = await startTestEngine()
    for (const customer of [RICH, CAPPED]) await topUp(engine.url, customer, 10_000)
    const keys = startGivingKeys(engine.db, [RICH, CAPPED], [engine.url])
    await keys.given
    holders = keys.holders
    record = openRecord()
  })
  afterEach(() => engine.stop())

  const turnOf = (customer: number): KeyedTurn => {
    const holder = holders.find((each) => each.customer === customer)
    assert.ok(holder)
    return { apiUrls: [engine.url], holder, random: openRandom(1), record }
  }
  const draw = (mark: string, changes: Partial<SentBulk> = {}, customer = RICH): SentBulk => ({
    ...{ mark, customer, isTest: false, isAllOrNothing: false },
    messages: Array.from({ length: 4 }, (_, index) => ({
      ...{ mark: `${mark}.${index}`, customer, type: 'express', recipients: 2, firstNumber: index * 10 },
      ...{ answered: 'unknown', label: '', sendAtMs: Date.now() + HOUR_MS },
    })),
    ...{ answered: 'unknown', label: '', reads: [], cancels: [], ...changes },
  })
  const OPTIONS = { words: ['one', 'two', 'three', 'four'], triesMax: 20 }
  const wrong = async (): Promise<string[]> => {
    const clients = await compareClients(engine.db, record)
    return [
      ...[clients.lost, clients.doubleCharges, clients.chargedThoughRefused, clients.unrequested].flat(),
      ...compareRepeats(record),
      ...(await compareBulks(engine.db, record.bulks)),
      ...(await compareCancels(engine.db, record)),
      ...(await compareSpending(engine.db, record, SPEND_PER_DAY_OF)),
      ...[...record.answers.keys()].filter((label) => !isPlanned(label)),
    ].filter((line) => !line.startsWith('top-up '))
  }

  it('repeat each until it is accepted, read it, and cancel it', async () => {
    const turn = turnOf(RICH)
    const bulks = Array.from({ length: 8 }, (_, number) => draw(`bulk-${number}`))
    await Promise.all(bulks.map((bulk) => sendBulk(turn, bulk, OPTIONS)))
    for (const bulk of bulks) await readBulk(turn, bulk)
    const [first] = bulks
    assert.ok(first)
    await cancelBulk(turn, first)
    assert.deepEqual(await wrong(), [])
    assert.ok(bulks.some(({ repeated }) => (repeated?.tries ?? 0) > 1))
    assert.deepEqual([first.told, first.reads], [{ accepted: 4, refused: 0, cost: 24 }, [first.told]])
    assert.deepEqual(first.cancels, [{ answered: 'accepted', label: '200', cancelled: 8, refunded: 24 }])
  })

  it('note what the results refuse, and all of a bulk that is refused as a whole', async () => {
    const turn = turnOf(RICH)
    const some = draw('some', { wrongAt: 1 })
    await sendBulk(turn, some, OPTIONS)
    assert.deepEqual(
      some.messages.map(({ answered, label }) => [answered, label]),
      [
        ['accepted', '202'],
        ['refused', 'invalid_request'],
        ['accepted', '202'],
        ['accepted', '202'],
      ],
    )
    const none = draw('none', { wrongAt: 1, isAllOrNothing: true })
    await sendBulk(turn, none, { ...OPTIONS, triesMax: undefined })
    assert.deepEqual(
      none.messages.map(({ answered }) => answered),
      Array(4).fill('refused'),
    )
    assert.deepEqual(await wrong(), [])
  })

  it('note refusals for the limit of a day: of a message, of all or nothing, and of all messages', async () => {
    const turn = turnOf(CAPPED)
    const steady = { ...OPTIONS, isSteady: true, triesMax: 2 }
    for (const mark of ['first', 'second', 'third']) await sendBulk(turn, draw(mark, {}, CAPPED), steady)
    await sendBulk(turn, draw('together', { isAllOrNothing: true }, CAPPED), steady)
    // 30 are 5 messages of 6.
    const labels = record.bulks.map(({ messages }) => messages.map(({ label }) => label))
    const limit = 'spend_limit'
    assert.deepEqual(labels, [
      ['202', '202', '202', '202'],
      ['202', limit, limit, limit],
      [limit, limit, limit, limit],
      Array(4).fill('402 spend_limit'),
    ])
    assert.deepEqual(await wrong(), [])
    const [one] = record.sent
    assert.ok(one)
    Object.assign(one, { label: limit, customer: RICH })
    const found = await compareSpending(engine.db, record, SPEND_PER_DAY_OF)
    assert.deepEqual(found, ['first.0: refused for a limit that customer 201 has not'])
  })

  describe('compared with the tables', () => {
    let bulk: SentBulk
    beforeEach(async () => {
      bulk = draw('bulk', { isAllOrNothing: true })
      await sendBulk(turnOf(RICH), bulk, OPTIONS)
    })
    const found = async () =>
      (await compareBulks(engine.db, record.bulks)).map((line) => line.replaceAll(/[0-9a-f-]{36}/g, 'ID'))
    const change = (statement: ReturnType<typeof sql>) => look(engine.db, statement)

    it('are right', async () => assert.deepEqual(await found(), []))

    it('find one of all or nothing that is there in part', async () => {
      await change(sql`DELETE FROM sms_requests WHERE text = '[bulk.2] three'`)
      assert.deepEqual(await found(), [
        'bulk ID: message ID was requested in no bulk',
        'bulk bulk: all or nothing, and 3 of 4 are there',
        'bulk bulk: answered as 4 accepted, 0 refused for 24, and is 3 accepted, 1 refused for 18',
      ])
    })

    it('find messages that are in no bulk, in another place of it, or in two of them', async () => {
      await change(sql`DELETE FROM bulk_messages WHERE message_index = 3`)
      assert.deepEqual(await found(), ['bulk bulk: 4 messages are there, and 3 in their places of it'])
      await change(sql`UPDATE bulk_messages SET message_index = 3 WHERE message_index = 0`)
      assert.deepEqual(await found(), ['bulk bulk: 4 messages are there, and 2 in their places of it'])
      await change(sql`INSERT INTO bulks SELECT REPEAT('x', 16), user_id, is_test, messages, accepted, refused, cost,
        created_at, NULL FROM bulks`)
      await change(sql`UPDATE bulk_messages SET bulk_id = REPEAT('x', 16) WHERE message_index = 1`)
      assert.match((await found()).join(), /bulk bulk: there as ID and ID/)
    })

    it('find one that is another customer’s, of other length, or that was read otherwise', async () => {
      await change(sql`UPDATE bulks SET user_id = 7`)
      assert.equal((await found())[0], 'bulk ID: not what was asked for as bulk')
      await change(sql`UPDATE bulks SET user_id = ${RICH}`)
      bulk.reads.push({ accepted: 4, refused: 0, cost: 23 })
      assert.deepEqual(await found(), [
        'bulk bulk: read as 4 accepted, 0 refused for 23, and is 4 accepted, 0 refused for 24',
      ])
    })

    it('find one that was answered under another name', async () => {
      bulk.bulkId = '019bd5a1-4c2e-7f30-9a6b-2d8e5c71f040'
      assert.deepEqual(await found(), ['bulk bulk: answered as ID, which has none of its messages'])
    })
  })
})
