import assert from 'node:assert/strict'
import { combineParts } from '../../../src/operators/smpp/results.ts'
import type { PartResult } from '../../../src/operators/smpp/results.ts'

const taken = (identifier: string): PartResult => ({ kind: 'accepted', identifier, isReadable: true })
const not = (kind: Exclude<PartResult['kind'], 'accepted'>): PartResult => ({ kind, reason: kind })

describe('what the parts of a message come to', () => {
  it('is what stands most in the way, when none was taken', () => {
    const kindOf = (...parts: PartResult[]) => combineParts(parts).result.kind
    assert.equal(kindOf(not('unavailable'), not('throttled')), 'throttled')
    assert.equal(kindOf(not('throttled'), not('refused')), 'refused')
    assert.equal(kindOf(not('refused'), not('rejected')), 'rejected')
    assert.equal(kindOf(not('refused'), not('unknown')), 'unknown')
    assert.equal(kindOf(not('unavailable'), not('unavailable')), 'unavailable')
  })

  it('is not known while it is not known of one part', () => {
    for (const other of [taken('a'), not('refused'), not('throttled')])
      assert.equal(combineParts([other, not('unknown')]).result.kind, 'unknown')
    assert.deepEqual(combineParts([taken('a'), not('unknown')]).result, {
      ...{ kind: 'unknown', reason: '1 of 2 parts taken: unknown', partIds: ['a', null] },
    })
  })

  it('is what stands in the way of the others, with the parts that were taken', () => {
    const some = (kind: string) => ({ reason: `1 of 2 parts taken: ${kind}`, partIds: ['a', null] })
    const resultOf = (...parts: PartResult[]) => combineParts(parts).result
    assert.deepEqual(resultOf(taken('a'), not('unavailable')), {
      ...{ kind: 'unavailable', ...some('unavailable') },
    })
    assert.deepEqual(resultOf(taken('a'), not('throttled')), {
      ...{ kind: 'throttled', ...some('throttled'), retryAfterMs: null },
    })
  })

  it('is not known where others are missing beside a part without an identifier', () => {
    const unnamed: PartResult = { kind: 'accepted', identifier: null, isReadable: false }
    const result = combineParts([taken('a'), unnamed, not('throttled')]).result
    assert.deepEqual([result.kind, result.partIds], ['unknown', ['a', null, null]])
    assert.equal(combineParts([taken('a'), unnamed]).result.kind, 'accepted')
  })

  it('is a rejection of what was possibly sent, when one part never will be taken', () => {
    for (const kind of ['rejected', 'refused'] as const)
      assert.deepEqual(combineParts([taken('a'), not(kind), not('throttled')]).result, {
        ...{ kind: 'rejected', reason: `1 of 3 parts taken: ${kind}`, partIds: ['a', null, null] },
      })
    const { kind, partIds } = combineParts([not('unknown'), not('rejected')]).result
    assert.deepEqual([kind, partIds], ['rejected', [null, null]])
  })

  it('is accepted with the identifiers of all parts, of which the first is the message', () => {
    assert.deepEqual(combineParts([taken('a'), taken('b')]).result, {
      ...{ kind: 'accepted', operatorMessageId: 'a', partIds: ['a', 'b'] },
    })
    assert.deepEqual(combineParts([taken('a')]).result, { kind: 'accepted', operatorMessageId: 'a' })
  })
})
