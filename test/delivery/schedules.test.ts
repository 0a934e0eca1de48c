import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { MessageClass } from '../../src/primitives/messageClass.ts'
import type { OnUnknown } from '../../src/primitives/onUnknown.ts'
import { openSchedule } from './schedule.ts'
import type { CallKind, Step } from './schedule.ts'

const RUNS = 60
const STEPS_MAX = 25
const PROCESSES = 3

const type = fc.constantFrom<MessageClass>('normal', 'express')
const process = fc.nat(PROCESSES - 1)
const which = fc.nat(20)
const anyCalls = fc.array(
  fc.constantFrom<CallKind>(
    ...(['mixed', 'mixed', 'accepted', 'silent', 'unavailable', 'refused', 'late', 'crash'] as const),
  ),
  { minLength: 1, maxLength: 5 },
)
/** The bound on submissions is reached by the same fault time and again. */
const calls = fc.oneof(anyCalls, fc.constantFrom<CallKind[]>(['silent'], ['crash']))
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('accept' as const),
      type,
      count: fc.integer({ min: 1, max: 5 }),
      onUnknown: fc.constantFrom<OnUnknown>('retry', 'hold'),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('relay' as const), type }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('deliver' as const), process, which, calls }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('redeliver' as const), process, which, calls }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('answerLate' as const),
      which,
      call: fc.constantFrom<CallKind>('accepted', 'mixed', 'unavailable'),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('cancel' as const), which }) },
  { weight: 2, arbitrary: fc.constant({ kind: 'expireLeases' as const }) },
  { weight: 2, arbitrary: fc.constant({ kind: 'comeDue' as const }) },
)

describe('delivery under any schedule of results, crashes, expired leases, redeliveries and cancellations', function () {
  // Each run has a database of its own.
  this.timeout(300_000)
  it('ends each message once, refunds once, names or quarantines the rest, and marks before it repeats', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 5, maxLength: STEPS_MAX }),
        fc.constantFrom(1, 3, 10),
        async (steps, attemptsMax) => {
          const schedule = await openSchedule({ processes: PROCESSES, attemptsMax })
          try {
            for (const each of steps) {
              await schedule.run(each)
              assert.deepEqual(await schedule.violations(), [])
            }
            await schedule.endWell()
            assert.deepEqual(await schedule.violations(), [])
          } finally {
            await schedule.close()
          }
        },
      ),
      // A failure is reported with its seed; shrinking it would take minutes.
      { numRuns: RUNS, endOnFailure: true },
    )
  })
})
