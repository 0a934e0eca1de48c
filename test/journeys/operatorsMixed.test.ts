import assert from 'node:assert/strict'
import type { Behaviour } from '../../simulator/behaviour.ts'
import { audit } from '../../src/audit/index.ts'
import { recipients, send, topUp } from '../support/api.ts'
import type { Accepted } from '../support/api.ts'
import { assertAllEnded, assertRecordsAgree } from '../support/ending.ts'
import { drain, startTestEngine } from '../support/engine.ts'
import type { TestEngine } from '../support/engine.ts'

const CUSTOMERS = [1, 2, 3]
const DEPOSIT = 10_000
/** So many that no fault is left out by chance, although requests share calls. */
const REQUESTS = 400
const SENDERS = 6
/** Calls that hang and a pace that was throttled take their time, which a busy machine multiplies. */
const DRAIN_BOUND_MS = 120_000

/** Everything that an operator does to those who rely on it, by seeded chance. */
const UNRELIABLE: Partial<Behaviour> = {
  latency: { kind: 'uniform', minMs: 0, maxMs: 40 },
  failRate: 0.07,
  throttleRate: 0.07,
  dropBeforeAcceptRate: 0.08,
  dropAfterAcceptRate: 0.07,
  corruptResponseRate: 0.12,
  rejectRate: 0.04,
  unavailableRate: 0.05,
  poisonTexts: [{ text: 'poison', status: 400 }],
}

describe('an engine whose operators do everything wrong that operators do', () => {
  let engine: TestEngine
  const accepted: Accepted[] = []
  before(async function () {
    this.timeout(2 * DRAIN_BOUND_MS)
    engine = await startTestEngine({ env: { ON_UNKNOWN: 'retry' } })
    for (const customer of CUSTOMERS) await topUp(engine.url, customer, DEPOSIT)
    await engine.operatorA.admin.behave({
      ...UNRELIABLE,
      seed: 11,
      corruptResponseKind: 'missing-answers',
      hangAfterAcceptRate: 0.01,
    })
    await engine.operatorB.admin.behave({ ...UNRELIABLE, seed: 12, corruptResponseKind: 'not-json' })
    let number = 0
    const sender = async () => {
      for (let at = number++; at < REQUESTS; at = number++) {
        const request = {
          customer_id: CUSTOMERS[at % CUSTOMERS.length] ?? 1,
          recipients: recipients(1 + (at % 4), at * 10),
          text: at % 40 === 7 ? `number ${at} is poison` : `number ${at}`,
          type: at % 3 === 0 ? ('express' as const) : ('normal' as const),
        }
        accepted.push(await send(engine.url, request))
      }
    }
    await Promise.all(Array.from({ length: SENDERS }, sender))
    await drain(engine.db, DRAIN_BOUND_MS)
  })
  after(() => engine.stop())

  it('ends every message, and the books balance', async () => {
    assert.equal(accepted.length, REQUESTS)
    await assertAllEnded(engine.db, accepted)
  })

  it('is done only with what was taken, marks what was taken twice, and what was taken and failed', async () => {
    await assertRecordsAgree(engine.db, [engine.operatorA, engine.operatorB])
  })

  it('saw every kind of fault in this run', async () => {
    const [a, b] = await Promise.all([engine.operatorA.admin.summary(), engine.operatorB.admin.summary()])
    for (const fate of [
      'answered',
      'fail',
      'throttle',
      'drop-before',
      'drop-after',
      'corrupt-response',
      'poison',
    ])
      assert.ok((a.calls[fate] ?? 0) + (b.calls[fate] ?? 0) > 0, fate)
    const asked = ['a', 'b'].map((name) =>
      engine.metric(`chapar_operator_questions_total{operator="operator-${name}",answer="taken"}`),
    )
    const [ofA = 0, ofB = 0] = await Promise.all(asked)
    assert.ok(ofA + ofB > 0, 'no operator said that it had taken a message')
  })

  it('counted each ending once, and each refund', async () => {
    const { recipients: total } = await audit(engine.db)
    const ofBoth = async (series: (type: string) => string) =>
      (await engine.metric(series('normal'))) + (await engine.metric(series('express')))
    const ended = async (outcome: string) =>
      ofBoth((type) => `chapar_delivery_results_total{class="${type}",result="${outcome}"}`)
    const [done, failed] = [await ended('done'), await ended('failed')]
    assert.equal(done + failed, total)
    assert.ok(failed > 0)
    assert.equal(await ofBoth((type) => `chapar_refunds_total{class="${type}"}`), failed)
  })
})
