import assert from 'node:assert/strict'
import { isReachable, ROLES, STEPS } from '../../chaos/steps.ts'

describe('the steps at which processes die', () => {
  const reached = (isOld: boolean, hasEvents: boolean) =>
    ROLES.flatMap((role) => STEPS[role].filter((step) => isReachable(step, { isOld, hasEvents })))

  it('are those of the program that runs, and of events as soon as there are some', () => {
    const all = ROLES.flatMap((role) => STEPS[role])
    assert.deepEqual(reached(false, true), all)
    const withoutEvents = all.filter(
      (step) => !/^(?:events|webhooks|delivery\.(?:release|compensate))/.test(step),
    )
    assert.deepEqual(reached(false, false), withoutEvents)
    assert.deepEqual(
      reached(true, false),
      withoutEvents.filter((step) => !/^(?:receipts|reports)/.test(step)),
    )
    for (const role of ROLES)
      assert.ok(STEPS[role].some((step) => isReachable(step, { isOld: true, hasEvents: false })))
  })
})
