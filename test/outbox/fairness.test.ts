import assert from 'node:assert/strict'
import fc from 'fast-check'
import { startTags, tagsOf } from '../../src/outbox/fairness.ts'
import { NORMAL_WEIGHT_MAX } from '../../src/primitives/sendingPlan.ts'

const UNITS = 1_000

const tag = fc.integer({ min: 0, max: 2 ** 50 })
const parts = fc.array(fc.integer({ min: 1, max: 1_000 }), { minLength: 1, maxLength: 50 })

/** Rows of two customers in the order of their tags, as claims take them. */
function merge(a: { tags: number[]; parts: number[] }, b: { tags: number[]; parts: number[] }) {
  const rows = (who: 'a' | 'b', { tags, parts }: typeof a) =>
    tags.map((tag, index) => ({ who, tag, parts: parts[index] ?? 0 }))
  return [...rows('a', a), ...rows('b', b)].sort((one, other) => one.tag - other.tag)
}

describe('the start tags of a customer', () => {
  it('begin at the virtual time or the last tag, whichever is higher, and advance by parts', () => {
    fc.assert(
      fc.property(tag, tag, parts, (lastTag, virtualTime, rows) => {
        const got = startTags(lastTag, virtualTime, rows)
        assert.equal(got.tags[0], Math.max(lastTag, virtualTime))
        const ends = rows.map((each, index) => (got.tags[index] ?? NaN) + each * UNITS)
        assert.deepEqual([...got.tags.slice(1), got.lastTag], ends)
      }),
    )
  })

  it('are the same for one call or several, so that it does not matter how requests are batched', () => {
    fc.assert(
      fc.property(tag, tag, parts, parts, (lastTag, virtualTime, some, more) => {
        const first = startTags(lastTag, virtualTime, some)
        const second = startTags(first.lastTag, virtualTime, more)
        const together = startTags(lastTag, virtualTime, [...some, ...more])
        assert.deepEqual([...first.tags, ...second.tags], together.tags)
        assert.equal(second.lastTag, together.lastTag)
      }),
    )
  })

  it('do not punish a customer for idle capacity that it used alone', () => {
    fc.assert(
      fc.property(tag, parts, fc.integer({ min: 1, max: 1_000 }), (lastTag, alone, next) => {
        const used = startTags(lastTag, 0, alone)
        // All of it was claimed: virtual time is the last tag.
        const virtualTime = used.tags.at(-1) ?? 0
        const own = startTags(used.lastTag, virtualTime, [next])
        const newcomer = startTags(0, virtualTime, [next])
        const behind = (own.tags[0] ?? NaN) - (newcomer.tags[0] ?? NaN)
        assert.ok(behind <= (alone.at(-1) ?? 0) * UNITS, 'at most by its last row')
      }),
    )
  })

  it('let two customers with a backlog take turns by parts', () => {
    fc.assert(
      fc.property(tag, parts, parts, (virtualTime, partsOfA, partsOfB) => {
        const a = { ...startTags(0, virtualTime, partsOfA), parts: partsOfA }
        const b = { ...startTags(0, virtualTime, partsOfB), parts: partsOfB }
        const shareMax = Math.max(...partsOfA, ...partsOfB)
        const sent = { a: 0, b: 0 }
        for (const row of merge(a, b)) {
          const other = row.who === 'a' ? 'b' : 'a'
          const isOtherDone = sent[other] === (other === 'a' ? a : b).parts.reduce((sum, each) => sum + each)
          if (!isOtherDone) assert.ok(sent[row.who] - sent[other] <= shareMax, 'one customer is ahead')
          sent[row.who] += row.parts
        }
      }),
    )
  })

  it('let customers with a backlog send in proportion to their weights, which rounding changes by less than 1 %', () => {
    const parts = [...Array(10_000).keys()].map(() => 1)
    for (let weight = 1; weight <= NORMAL_WEIGHT_MAX; weight++) {
      const unweighted = { ...startTags(0, 0, parts), parts }
      const weighted = { ...startTags(0, 0, parts, weight), parts }
      const rows = merge(unweighted, weighted)
      const before = rows.slice(
        0,
        rows.findIndex(({ who, tag }) => who === 'b' && tag === weighted.tags.at(-1)),
      )
      const sent =
        before.filter(({ who }) => who === 'b').length / before.filter(({ who }) => who === 'a').length
      assert.ok(Math.abs(sent / weight - 1) < 0.01, `weight ${weight} sends ${sent} times as much`)
    }
  })

  it('are the virtual time for every row, and leave the last tag, when order is first in, first out', () => {
    assert.deepEqual(tagsOf.fifo(9_000, 5_000, [1, 100]), { tags: [5_000, 5_000], lastTag: 9_000 })
    assert.equal(tagsOf.fair, startTags)
  })
})
