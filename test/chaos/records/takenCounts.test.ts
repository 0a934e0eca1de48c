import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { TakenCounts } from '../../../chaos/records/takenCounts.ts'

describe('the counts of what operators took', () => {
  it('are those of a map, of one message’s recipients and of many messages', () => {
    const ids = Array.from({ length: 7 }, () => randomBytes(16))
    const taking = fc.record({
      id: fc.constantFrom(...ids),
      recipientNo: fc.integer({ min: 1, max: 65_535 }).map((no) => (no % 3 === 0 ? no : (no % 5) + 1)),
      times: fc.integer({ min: 1, max: 3 }),
    })
    fc.assert(
      fc.property(fc.array(taking, { maxLength: 200 }), (takings) => {
        const counts = new TakenCounts()
        const model = new Map<string, number>()
        for (const { id, recipientNo, times } of takings) {
          counts.add(id, recipientNo, times)
          const key = `${id.toString('hex')} ${recipientNo}`
          model.set(key, (model.get(key) ?? 0) + times)
        }
        assert.equal(counts.size, model.size)
        assert.equal(counts.repeated, [...model.values()].filter((count) => count > 1).length)
        const unseen = [...counts.unseen()].map(
          ({ id, recipientNo, count }) => [`${id.toString('hex')} ${recipientNo}`, count] as const,
        )
        assert.deepEqual(new Map(unseen), model)
        for (const { id, recipientNo } of takings)
          assert.equal(counts.see(id, recipientNo), model.get(`${id.toString('hex')} ${recipientNo}`))
        assert.deepEqual([...counts.unseen()], [])
        assert.equal(counts.see(randomBytes(16), 1), 0)
      }),
    )
  })

  it('keep what they know while they grow', () => {
    const counts = new TakenCounts()
    const ids = Array.from({ length: 50_000 }, () => randomBytes(16))
    for (const id of ids) counts.add(id, 1, 1)
    assert.equal(counts.see(ids[0] as Buffer, 1), 1)
    for (const id of ids) counts.add(id, 2, 2)
    assert.deepEqual([counts.size, counts.repeated], [100_000, 50_000])
    assert.ok(ids.every((id) => counts.see(id, 1) === 1 && counts.see(id, 2) === 2))
  })

  it('stop at a number that a slot can hold', () => {
    const counts = new TakenCounts()
    const id = randomBytes(16)
    counts.add(id, 65_535, 40_000)
    counts.add(id, 65_535, 40_000)
    assert.equal(counts.see(id, 65_535), 32_767)
    counts.add(id, 65_535, 1)
    assert.deepEqual([...counts.unseen()], [], 'the mark stays')
  })
})
