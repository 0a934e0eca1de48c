import assert from 'node:assert/strict'
import { onlyOf, openSpanStore } from '../../../dev/trace/spanStore.ts'
import { spanOf } from './spanOf.ts'

describe('the spans that a receiver keeps', () => {
  it('are found by the message of one of them, with all of its traces', () => {
    const store = openSpanStore()
    const ofBoth = spanOf({ spanId: 'request' })
    const mine = spanOf({ spanId: 'a', messageId: 'mine' })
    const other = spanOf({ spanId: 'b', messageId: 'other' })
    store.add([ofBoth, mine, other, spanOf({ traceId: 't2', messageId: 'third' })])
    assert.deepEqual(store.ofMessage('mine'), [ofBoth, mine, other])
    assert.deepEqual(onlyOf('mine', store.ofMessage('mine')), [ofBoth, mine])
    assert.deepEqual(store.ofMessage('nobody'), [])
  })

  it('are bounded: the oldest traces make room, and one trace alone does not push out all others', () => {
    const store = openSpanStore(4, 3)
    const fill = (traceId: string, count: number) =>
      store.add(Array.from({ length: count }, (_, index) => spanOf({ traceId, spanId: `${index}` })))
    fill('t1', 2)
    fill('t2', 100)
    assert.deepEqual([store.ofTrace('t1').length, store.ofTrace('t2').length, store.size()], [0, 3, 3])
    fill('t3', 1)
    fill('t4', 1)
    assert.deepEqual([store.ofTrace('t2').length, store.size()], [0, 2])
  })
})
