import assert from 'node:assert/strict'
import type {
  AdapterFact,
  OperatorAdapter,
  OperatorResult,
  Submission,
} from '../../src/operators/contract.ts'
import { smppAdapter } from '../../src/operators/smpp/adapter.ts'
import { smppReference } from '../../simulator/smpp/references.ts'
import type { Recorded } from '../../simulator/record.ts'
import { smppOf } from '../operators/smpp/smppOf.ts'
import { eventually } from '../support/eventually.ts'
import { spawnSimulator } from './simulatorProcess.ts'
import type { SimulatorProcess } from './simulatorProcess.ts'

/** `SMPP_STORM_MESSAGES=100000` runs it as long as a release wants it. */
const MESSAGES = Number(process.env['SMPP_STORM_MESSAGES'] || 2_000)
const BOUND_MS = 60_000 + MESSAGES * 30
const WINDOW = 16
const LINKS = 4
const CALL_MS = 1_000
/** Longer than this machine may be busy elsewhere: given up too early, a request leaves the window before its answer. */
const RESPONSE_MS = 10_000
const LATE_MS = RESPONSE_MS + 1_000
const BATCH = 16
/** Enough calls at once that the windows are full. */
const CALLS = 12

/** Marked, so that no two messages have the same text; every fifth has parts. */
function submissionOf(number: number): Submission {
  const text = number % 5 === 0 ? `پیام ${number} ${'خبر '.repeat(30)}` : `message ${number}`
  return {
    reference: `storm:${number}`,
    to: `98912${String(number % 997).padStart(7, '0')}`,
    from: null,
    text,
  }
}

describe('messages through a storm of an SMPP operator', function () {
  this.timeout(BOUND_MS)
  let simulator: SimulatorProcess
  let adapter: OperatorAdapter
  const late: Extract<AdapterFact, { kind: 'late_result' }>[] = []
  const oddities = new Set<string>()
  const results = new Map<string, OperatorResult['kind']>()

  before(async () => {
    simulator = await spawnSimulator({ NAME: 'storm', SEED: '23', SMPP_PORT: '0' })
    await simulator.admin.behave({
      ...{ latency: { kind: 'uniform', minMs: 0, maxMs: 20 }, lateMs: LATE_MS },
      ...{ throttleRate: 0.1, smppThrottleStatus: 'either', failRate: 0.02, rejectRate: 0.02 },
      ...{ unavailableRate: 0.02, dropBeforeAcceptRate: 0.002, dropAfterAcceptRate: 0.002 },
      ...{ hangBeforeAcceptRate: 0.005, hangAfterAcceptRate: 0.005, lateRate: 0.01, repeatRate: 0.05 },
      ...{ corruptResponseRate: 0.003, smppMalformedKind: 'truncated' },
    })
    adapter = smppAdapter(
      smppOf({
        ...{ url: simulator.smppUrl, connections: LINKS, window: WINDOW, long_messages: 'udh_16' },
        timers: { response: `${RESPONSE_MS}ms` },
      }),
    )
    adapter.observe?.((fact) => {
      if (fact.kind === 'late_result') late.push(fact)
      else oddities.add(fact.kind)
    })
    await submitAll()
    await submitLate()
    await adapter.close()
  })
  after(() => simulator.stop())

  async function submitAll(): Promise<void> {
    let next = 0
    const call = async () => {
      while (next < MESSAGES) {
        const batch: Submission[] = []
        while (batch.length < BATCH && next < MESSAGES) batch.push(submissionOf(next++))
        const called = await adapter.submit(batch, CALL_MS)
        for (const [at, { reference }] of batch.entries())
          results.set(
            reference,
            called.kind === 'answered' ? (called.results[at]?.kind ?? 'unknown') : called.kind,
          )
      }
    }
    await Promise.all(Array.from({ length: CALLS }, call))
  }
  /** The storm may cut each link before a response has come that late. */
  async function submitLate(): Promise<void> {
    await simulator.admin.behave({ lateRate: 1, lateMs: LATE_MS })
    let next = MESSAGES
    await eventually('a response comes late', async () => {
      if (!oddities.has('late_response')) await adapter.submit([submissionOf(next++)], CALL_MS)
      return oddities.has('late_response')
    })
  }
  const takenTimes = async () => {
    const taken = new Map<string, number>()
    for await (const each of simulator.admin.submissions()) taken.set(each.reference, each.taken)
    return ({ to, text }: Submission) => taken.get(smppReference(to, text)) ?? 0
  }
  const kindOf = ({ reference }: Submission) => results.get(reference)
  const submitted = () => Array.from({ length: MESSAGES }, (_, number) => submissionOf(number))

  it('are reported accepted only if the operator took them, and not taken only if it did not', async () => {
    const timesOf = await takenTimes()
    const wrong = submitted().filter((submission) => {
      const times = timesOf(submission)
      const kind = kindOf(submission)
      if (kind === 'accepted') return times !== 1
      return kind === 'unknown' ? times > 1 : times !== 0
    })
    assert.deepEqual(
      wrong.map((submission) => [submission.reference, kindOf(submission), timesOf(submission)]),
      [],
    )
  })

  it('had everything happen to them', () => {
    const kinds = new Set(results.values())
    for (const kind of ['accepted', 'unknown', 'throttled', 'unavailable', 'rejected'] as const)
      assert.ok(kinds.has(kind), kind)
    for (const oddity of ['links', 'late_response', 'repeated_response'])
      assert.ok(oddities.has(oddity), oddity)
    assert.ok(late.length > 0)
  })

  it('are known after all where the response came late', async () => {
    const timesOf = await takenTimes()
    const parts = new Set<string>()
    for await (const part of simulator.admin.parts()) if (part.taken > 0) parts.add(identityOf(part))
    for (const { reference, parts: count, result } of late) {
      if (result.kind !== 'accepted') continue
      const submission = submissionOf(Number(reference.split(':')[1]))
      if (count === 1) assert.equal(timesOf(submission), 1, reference)
      else assert.ok(parts.has(result.operatorMessageId ?? ''), reference)
    }
  })

  it('were never more at once than the window has, by the count of the operator', async () => {
    const { smpp } = await simulator.admin.summary()
    assert.equal(smpp?.windowPeak, WINDOW)
    assert.ok(smpp.submitted > MESSAGES)
  })
})

function identityOf({ messageIds = [] }: Recorded): string {
  return messageIds[0] ?? ''
}
