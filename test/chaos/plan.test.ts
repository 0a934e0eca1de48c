import assert from 'node:assert/strict'
import { GROUPS, KINDS, WIPE } from '../../chaos/faults/kinds.ts'
import { planFaults } from '../../chaos/faults/plan.ts'
import type { Planned } from '../../chaos/faults/plan.ts'

const LONG_MS = 1_200_000

const count = (planned: Planned[], wanted: (kind: string) => boolean) =>
  planned.filter(({ kind }) => wanted(kind)).length

describe('the plan of what goes wrong', () => {
  it('is the same for the same seed, and another for another', () => {
    assert.deepEqual(planFaults(7, LONG_MS, 1), planFaults(7, LONG_MS, 1))
    assert.notDeepEqual(planFaults(7, LONG_MS, 1), planFaults(8, LONG_MS, 1))
  })

  for (const seed of [1, 2, 3]) {
    it(`of the long form holds what the proof needs, with seed ${seed}`, () => {
      const planned = planFaults(seed, LONG_MS, 1)
      assert.ok(count(planned, (kind) => kind.startsWith('kill ')) >= 150)
      assert.ok(count(planned, (kind) => /^MySQL/.test(kind)) >= 20)
      assert.ok(count(planned, (kind) => /^RabbitMQ/.test(kind)) >= 20)
      assert.ok(count(planned, (kind) => kind.startsWith('link ')) >= 50)
      assert.equal(
        count(planned, (kind) => kind === WIPE),
        1,
      )
      const drawn = new Set(planned.map(({ kind }) => kind))
      for (const group of GROUPS) for (const [kind] of KINDS[group]) assert.ok(drawn.has(kind), kind)
    })
  }

  it('gives a server one fault at a time, in the order in which they begin', () => {
    for (const group of ['database', 'link', 'operator'] as const) {
      const planned = planFaults(3, LONG_MS, 2).filter((fault) => fault.group === group)
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
