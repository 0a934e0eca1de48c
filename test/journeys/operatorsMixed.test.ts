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
/** So many that hardly a fault is left out by chance, although requests share calls: of a round, which is repeated then. */
const REQUESTS = 400
const ROUNDS_MAX = 5
const SENDERS = 6
/** Calls that hang and a pace that was throttled take their time, which a busy machine multiplies. */
const DRAIN_BOUND_MS = 120_000

/** What chance makes of calls. */
const FATES = ['answered', 'fail', 'throttle', 'drop-before', 'drop-after', 'corrupt-response', 'poison']

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
  let rounds = 0
  before(async function () {
    this.timeout(2 * ROUNDS_MAX * DRAIN_BOUND_MS)
    engine = await startTestEngine({ env: { ON_UNKNOWN: 'retry' } })
    for (const customer of CUSTOMERS) await topUp(engine.url, customer, DEPOSIT)
    await engine.operatorA.admin.behave({
      ...UNRELIABLE,
      seed: 11,
      corruptResponseKind: 'missing-answers',
      hangAfterAcceptRate: 0.01,
    })
    await engine.operatorB.admin.behave({ ...UNRELIABLE, seed: 12, corruptResponseKind: 'not-json' })
    do {
      await sendRound(++rounds)
      await drain(engine.db, DRAIN_BOUND_MS)
    } while (rounds < ROUNDS_MAX && (await unseen()).length > 0)
  })
  after(() => engine.stop())

  async function sendRound(round: number): Promise<void> {
    let number = (round - 1) * REQUESTS
    const sender = async () => {
      for (let at = number++; at < round * REQUESTS; at = number++) {
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
  }

  /** Kinds of fault that came at neither operator so far. */
  async function unseen(): Promise<string[]> {
    const [a, b] = await Promise.all([engine.operatorA.admin.summary(), engine.operatorB.admin.summary()])
    const missing = FATES.filter((fate) => !a.calls[fate] && !b.calls[fate])
    const taken = (operator: string) =>
      engine.metric(`chapar_operator_questions_total{operator="${operator}",answer="taken"}`)
    const said = (await taken('operator-a')) + (await taken('operator-b'))
    return said > 0 ? missing : [...missing, 'an operator says that it has taken a message']
  }

  it('ends every message, and the books balance', async () => {
    assert.equal(accepted.length, rounds * REQUESTS)
    await assertAllEnded(engine.db, accepted)
  })

  it('is done only with what was taken, marks what was taken twice, and what was taken and failed', async () => {
    await assertRecordsAgree(engine.db, [engine.operatorA, engine.operatorB])
  })

  it('saw every kind of fault in this run', async () => {
    assert.deepEqual(await unseen(), [])
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
