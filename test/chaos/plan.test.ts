import assert from 'node:assert/strict'
import { WIPE } from '../../chaos/faults/broker.ts'
import { FAULTS } from '../../chaos/faults/catalogue.ts'
import type { Fault } from '../../chaos/faults/fault.ts'
import { planFaults } from '../../chaos/faults/plan.ts'
import type { Planned } from '../../chaos/faults/plan.ts'

const LONG_MS = 1_200_000

const count = (planned: Planned[], wanted: (fault: Fault) => boolean) =>
  planned.filter(({ fault }) => wanted(fault)).length

describe('the plan of what goes wrong', () => {
  it('is the same for the same seed, and another for another', () => {
    assert.deepEqual(planFaults(7, LONG_MS, 1), planFaults(7, LONG_MS, 1))
    assert.notDeepEqual(planFaults(7, LONG_MS, 1), planFaults(8, LONG_MS, 1))
  })

  for (const seed of [1, 2, 3]) {
    it(`of the long form holds what the proof needs, with seed ${seed}`, () => {
      const planned = planFaults(seed, LONG_MS, 1)
      assert.ok(count(planned, ({ kind }) => kind.startsWith('kill ')) >= 150)
      assert.ok(count(planned, ({ restarts }) => restarts === 'MySQL') >= 20)
      assert.ok(count(planned, ({ restarts }) => restarts === 'RabbitMQ') >= 20)
      assert.ok(count(planned, ({ group }) => group === 'link') >= 50)
      assert.equal(
        count(planned, (fault) => fault === WIPE),
        1,
      )
      const drawn = new Set(planned.map(({ fault }) => fault))
      for (const fault of FAULTS) assert.ok(drawn.has(fault), fault.kind)
    })
  }

  it('gives a server one fault at a time, in the order in which they begin', () => {
    for (const group of ['database', 'link', 'operator'] as const) {
      const planned = planFaults(3, LONG_MS, 2).filter(({ fault }) => fault.group === group)
      for (const [index, { atMs }] of planned.entries()) {
        const before = planned[index - 1]
        if (before) assert.ok(atMs >= before.atMs + before.forMs, `${group} at ${atMs}`)
      }
    }
  })

  it('has more of everything when it is to be more intense', () => {
    assert.ok(planFaults(1, LONG_MS, 3).length > 1.5 * planFaults(1, LONG_MS, 1).length)
  })
})
