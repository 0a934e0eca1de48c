import assert from 'node:assert/strict'
import { audit } from '../../src/audit/index.ts'
import { balanceOf, history, post, recipients, send, topUp, untilDecided } from '../support/api.ts'
import { startTestEngine } from '../support/engine.ts'
import type { TestEngine } from '../support/engine.ts'

describe('a message on its way', () => {
  let engine: TestEngine
  before(async () => (engine = await startTestEngine()))
  after(() => engine.stop())

  it('is paid, stored, handed to operator A and done', async () => {
    await topUp(engine.url, 1, 100)
    const accepted = await send(engine.url, { customer_id: 1, recipients: ['09128582812', '091285284834'] })
    assert.deepEqual([accepted.status, accepted.recipients, accepted.cost], ['processing', 2, 2])
    await engine.drain()
    const items = await history(engine.url, `user_id=1&sms_identifier=${accepted.sms_identifier}`)
    assert.deepEqual(
      items.map(({ recipient, status, provider }) => [recipient, status, provider]),
      [
        ['091285284834', 'done', 'operator-a'],
        ['09128582812', 'done', 'operator-a'],
      ],
    )
    assert.equal(await balanceOf(engine.url, 1), 98)
    assert.equal((await engine.operatorA.admin.summary()).taken, 2)
  })

  it('costs three times as much as an express one, which has its own queue', async () => {
    await topUp(engine.url, 2, 100)
    await send(engine.url, { customer_id: 2, recipients: recipients(3), type: 'express' })
    await engine.drain()
    assert.equal(await balanceOf(engine.url, 2), 91)
    assert.equal(await engine.metric('chapar_delivery_results_total{class="express",result="done"}'), 3)
  })

  it('is accepted 200 times of 500 when the balance covers 200, and sent exactly 200 times', async () => {
    const before = await engine.operatorA.admin.summary()
    await topUp(engine.url, 3, 200)
    const request = (recipient: string) =>
      untilDecided(() =>
        post(engine.url, '/sms/send', {
          customer_id: 3,
          text: 'hi',
          recipients: [recipient],
          type: 'normal',
        }),
      )
    const answers = await Promise.all(recipients(500).map(request))
    const count = (status: number) => answers.filter((answer) => answer.status === status).length
    assert.deepEqual([count(200), count(402)], [200, 300])
    await engine.drain()
    assert.equal(await balanceOf(engine.url, 3), 0)
    assert.equal((await history(engine.url, 'user_id=3&status=done&limit=1000')).length, 200)
    const [a, b] = await Promise.all([engine.operatorA.admin.summary(), engine.operatorB.admin.summary()])
    assert.deepEqual([a.takenReferences - before.takenReferences, a.repeats, b.taken], [200, 0, 0])
  })

  it('leaves the books balanced', async () => {
    const { violations } = await audit(engine.db)
    assert.deepEqual(violations, [])
  })
})
