import assert from 'node:assert/strict'
import type { Sent } from '../../../chaos/clients/record.ts'
import { measure } from '../../../chaos/scenarios/cancelWhileSent.ts'
import { describeHandOvers } from '../../../chaos/scenarios/handOvers.ts'
import type { HandOver } from '../../../chaos/scenarios/handOvers.ts'
import { describeRestarts } from '../../../chaos/scenarios/restarts.ts'
import { describeOutage } from '../../../chaos/scenarios/outages.ts'
import type { Ended } from '../../../chaos/scenarios/outages.ts'
import { inTurn } from '../../../chaos/scenarios/inTurn.ts'

describe('what a scenario measured', () => {
  describe('of messages that were cancelled while they were sent', () => {
    const message = (cancelled: boolean): Sent => ({
      ...{ mark: 'a', customer: 1, type: 'normal', recipients: 1, firstNumber: 1 },
      ...{ answered: 'accepted', label: '202' },
      cancels: [
        cancelled
          ? { answered: 'accepted', label: '200' }
          : { answered: 'refused', label: '409 not_cancellable' },
      ],
    })
    const some = (count: number, each: Sent) => Array.from({ length: count }, () => each)

    it('is enough when some were cancelled and some were not', () => {
      const { lines, missed } = measure([...some(50, message(true)), ...some(50, message(false))])
      assert.match(lines.join(), /^Of 100 messages .*, 50 were cancelled and refunded, and 50 were not/)
      assert.deepEqual(missed, [])
    })

    it('is too little when the two did not meet, or when messages were not accepted', () => {
      assert.deepEqual(measure(some(100, message(true))).missed, ['only 0 of 100 were sent before'])
      assert.deepEqual(measure(some(100, message(false))).missed, ['only 0 of 100 were cancelled'])
      const unknown = { ...message(true), answered: 'unknown' as const }
      const { missed } = measure([...some(50, message(true)), ...some(49, message(false)), unknown])
      assert.deepEqual(missed, ['1 of 100 messages were not accepted'])
    })
  })

  describe('of messages that were sent while processes were restarted', () => {
    const message = (tries: number, answered: Sent['answered'] = 'accepted'): Sent => ({
      ...{ mark: 'a', customer: 1, type: 'normal', recipients: 1, firstNumber: 1, answered, label: '202' },
      repeated: { tries, answers: ['x'], firsts: 1 },
    })
    const sent = [...Array.from({ length: 19 }, () => message(1)), message(3)]
    const planned = new Map([['202', 20], ['503 overloaded', 1], ['no connection', 1]]) // prettier-ignore
    const restarts = { count: 2, answers: planned, marked: 0 }

    it('is right when repeats absorbed every refusal', () => {
      const { lines, missed } = describeRestarts(sent, restarts)
      assert.deepEqual(missed, [])
      assert.match(lines.join(), /20 were accepted, 1 of them at a repeat, the last one after 3 tries/)
      assert.match(lines.join(), /met 1 503 overloaded, 1 no connection/)
    })

    it('names what was not absorbed, a guess that was made, and answers that nobody planned', () => {
      const answers = new Map([...planned, ['500 internal_error', 2], ['no answer', 1]] as [string, number][])
      const { missed } = describeRestarts([...sent, message(20, 'refused')], { count: 3, answers, marked: 4 })
      assert.deepEqual(missed, [
        'clients got 500 internal_error 2 times',
        'clients got no answer 1 times',
        '1 of 21 messages were not accepted in the end',
        'only 21 messages were sent around 3 restarts',
        '4 recipients were marked as possible duplicates',
      ])
    })
  })

  describe('of messages that were scheduled for one time', () => {
    const BEFORE_MS = 90_000
    const of = (type: 'express' | 'normal', ...afterMs: (number | undefined)[]): HandOver[] =>
      afterMs.map((each, index) => ({ mark: `${type}-${index}`, type, afterMs: each }))
    const missed = (...handOvers: HandOver[]) => describeHandOvers(handOvers, BEFORE_MS).missed

    it('is right when all were handed over within two minutes, and express first', () => {
      const handOvers = [...of('express', 100, 4_000), ...of('normal', 200, 5_000, 120_000)]
      const { lines, missed: none } = describeHandOvers(handOvers, BEFORE_MS)
      assert.deepEqual(none, [])
      assert.match(lines.join(' '), /2 express, the first after 0.1 s, half within 0.1 s, all within 4.0 s/)
    })

    it('names one that was never handed over, and one that was late', () => {
      assert.deepEqual(missed(...of('normal', 1, undefined, 120_001)), [
        'normal-1 was never handed over',
        'normal-2 was handed over after 120001 ms',
      ])
    })

    it('is wrong when express was not first, or when the restart was not over before', () => {
      assert.match(
        missed(...of('express', 9_000), ...of('normal', 1, 8_000, 10_000)).join(),
        /express was not/,
      )
      const { missed: late } = describeHandOvers(of('normal', 1), 0)
      assert.deepEqual(late, ['the restart was not over before their time'])
    })
  })

  it('comes from each item once, and from no more of them at once than allowed', async () => {
    const done: number[] = []
    let [atOnce, most] = [0, 0]
    await inTurn([1, 2, 3, 4, 5], 2, async (item) => {
      most = Math.max(most, ++atOnce)
      await Promise.resolve()
      done.push(item)
      atOnce--
    })
    assert.deepEqual([done.toSorted(), most], [[1, 2, 3, 4, 5], 2])
  })

  describe('of an outage', () => {
    const OUTAGE = { during: 200, durationMs: 60_000, drainedMs: 4_400 }
    const delivered = { status: 'done', delivery: 'delivered', reason: null }
    const expired = { status: 'failed', delivery: null, reason: 'expired' }
    const ENDED: Ended[] = [
      { type: 'normal', ...delivered, count: 140 },
      { type: 'express', ...delivered, count: 50 },
      { type: 'express', ...expired, count: 10 },
    ]

    it('is right when normal messages were delivered, and express ones delivered or expired', () => {
      assert.deepEqual(describeOutage(ENDED, OUTAGE), {
        lines: [
          'All operators were down for 60 s, in which 200 messages were sent. 4 s after they were back nothing was left.',
          'Normal: 140 delivered. Express: 50 delivered, 10 expired and refunded.',
        ],
        missed: [],
      })
    })

    it('is wrong when a message ended otherwise, is stranded, or hardly any was sent', () => {
      const others: Ended[] = [
        { type: 'normal', ...expired, count: 1 },
        { type: 'normal', status: 'sending', delivery: null, reason: null, count: 2 },
        { type: 'express', ...expired, reason: 'no operator took it', count: 3 },
      ]
      assert.deepEqual(describeOutage([...ENDED, ...others], { ...OUTAGE, during: 119 }).missed, [
        '1 normal messages are failed, expired',
        '2 normal messages are sending',
        '3 express messages are failed, no operator took it',
        'only 119 messages were sent during the outage, and not 120',
      ])
    })
  })
})
