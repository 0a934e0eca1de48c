import assert from 'node:assert/strict'
import { cancelMessage, cancelSurely } from '../../../chaos/clients/cancelMessage.ts'
import { startGivingKeys } from '../../../chaos/clients/giveKeys.ts'
import { openRecord } from '../../../chaos/clients/record.ts'
import type { ClientRecord, Sent } from '../../../chaos/clients/record.ts'
import { sendKeyed } from '../../../chaos/clients/sendKeyed.ts'
import type { KeyHolder, KeyedTurn } from '../../../chaos/clients/sendKeyed.ts'
import { compareCancels } from '../../../chaos/proof/compareCancels.ts'
import { compareClients } from '../../../chaos/proof/compareClients.ts'
import { compareRepeats } from '../../../chaos/proof/compareRepeats.ts'
import { compareSchedule } from '../../../chaos/proof/compareSchedule.ts'
import { openRandom } from '../../../chaos/random.ts'
import { topUp } from '../../support/api.ts'
import { startTestEngine } from '../../support/engine.ts'
import type { TestEngine } from '../../support/engine.ts'

const CUSTOMERS = [201, 202]
const REQUESTS = 20
const HOUR_MS = 3_600_000

describe('clients with API keys', () => {
  let engine: TestEngine
  let holders: readonly KeyHolder[]
  let record: ClientRecord
  before(async () => {
    engine = await startTestEngine()
    const keys = startGivingKeys(engine.db, CUSTOMERS, [engine.url])
    await keys.given
    holders = keys.holders
  })
  after(() => engine.stop())
  beforeEach(() => (record = openRecord()))

  const turnOf = (seed: number): KeyedTurn => {
    const random = openRandom(seed)
    return { apiUrls: [engine.url], holder: random.pick(holders), random, record }
  }
  const draw = (mark: string, { holder: { customer } }: KeyedTurn): Sent => ({
    ...{ mark, customer, type: 'express', recipients: 2, firstNumber: 1 },
    ...{ answered: 'unknown', label: '' },
  })
  const wrong = async () => {
    const clients = await compareClients(engine.db, record)
    const { sent } = record
    const operators = [engine.operatorA.admin, engine.operatorB.admin]
    const { wrong: early } = await compareSchedule(engine.db, sent, operators)
    const cancels = await compareCancels(engine.db, record)
    return [clients.lost, clients.doubleCharges, compareRepeats(record), early, cancels].flat()
  }

  it('repeat each request, over cut connections, until it is accepted; all tries get one answer', async () => {
    for (const customer of CUSTOMERS) await topUp(engine.url, customer, 10_000)
    await Promise.all(
      Array.from({ length: REQUESTS }, (_, number) => {
        const turn = turnOf(number)
        return sendKeyed(turn, draw(`repeat-${number}`, turn), { words: 'hello', triesMax: 20 })
      }),
    )
    assert.deepEqual(await wrong(), [])
    const { sent } = record
    assert.ok(sent.every(({ answered, cost }) => answered === 'accepted' && cost === 6))
    assert.ok(sent.some(({ repeated }) => (repeated?.tries ?? 0) > 1))
    assert.ok((record.answers.get('with key: 202 replayed') ?? 0) > 0)
  })

  it('cancel what they scheduled, and get the same answer when they ask again', async () => {
    const turn = turnOf(1)
    const sent = { ...draw('scheduled', turn), sendAtMs: Date.now() + HOUR_MS }
    await sendKeyed(turn, sent, { words: 'hello', triesMax: 20 })
    await cancelSurely(turn, sent)
    await cancelMessage(turn, sent)
    const cancelled = { answered: 'accepted', label: '200', cancelled: 2, refunded: 6 }
    assert.deepEqual(sent.cancels, [cancelled, cancelled])
    assert.deepEqual(await wrong(), [])
  })

  it('end with a refusal when the money does not suffice, and when the time has passed', async () => {
    const turn = turnOf(2)
    const poor = { ...draw('poor', turn), customer: 203, recipients: 8_000 }
    await sendKeyed(turn, poor, { words: 'hello', triesMax: 2, isSteady: true })
    assert.deepEqual([poor.answered, poor.label], ['refused', '402 insufficient_balance'])
    const late = { ...draw('late', turn), sendAtMs: Date.now() - 2_000 }
    await sendKeyed(turn, late, { words: 'hello', triesMax: 1 })
    assert.deepEqual([late.answered, record.answers.get('with key: send_at has passed')], ['refused', 1])
  })
})
