import assert from 'node:assert/strict'
import fc from 'fast-check'
import { decodeCursor, encodeCursor } from '../../src/primitives/cursor.ts'

describe('a cursor', () => {
  it('gives back what it was made of, and fits into a URL as it is', () => {
    const field = fc.stringMatching(/^[0-9a-f-]{1,36}$/)
    fc.assert(
      fc.property(fc.array(field, { minLength: 1, maxLength: 3 }), (fields) => {
        const wire = encodeCursor('list1', fields)
        assert.match(wire, /^[A-Za-z0-9_-]+$/)
        assert.deepEqual(decodeCursor('list1', wire), fields)
      }),
    )
  })

  it('of another list or version, or made up, is refused', () => {
    const wire = encodeCursor('list1', ['a', 7])
    assert.equal(decodeCursor('list2', wire), undefined)
    assert.equal(decodeCursor('list1', `${wire}=`), undefined)
    assert.equal(decodeCursor('list1', ` ${wire}`), undefined)
    assert.equal(decodeCursor('list1', ''), undefined)
    assert.equal(decodeCursor('list1', encodeCursor('list1', ['x'.repeat(300)])), undefined)
    fc.assert(fc.property(fc.string(), (garbage) => assert.equal(decodeCursor('list1', garbage), undefined)))
  })
})
