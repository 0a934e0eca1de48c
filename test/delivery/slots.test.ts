import assert from 'node:assert/strict'
import { setImmediate } from 'node:timers/promises'
import { openSlots } from '../../src/delivery/slots.ts'

describe('the slots of a class', () => {
  const stopping = () => new AbortController()

  it('are as many as were opened, and given on in the order of asking', async () => {
    const slots = openSlots(2)
    const { signal } = stopping()
    const order: number[] = []
    const givers = new Map<number, () => void>()
    for (const number of [1, 2, 3, 4])
      void slots.take(signal).then((giveBack) => {
        order.push(number)
        givers.set(number, giveBack)
      })
    await setImmediate()
    assert.deepEqual(order, [1, 2])
    givers.get(2)?.()
    await setImmediate()
    assert.deepEqual(order, [1, 2, 3])
    givers.get(1)?.()
    await setImmediate()
    assert.deepEqual(order, [1, 2, 3, 4])
    let late = false
    void slots.take(signal).then(() => (late = true))
    await setImmediate()
    assert.equal(late, false, 'all are taken')
  })

  it('are free again after use', async () => {
    const slots = openSlots(1)
    const { signal } = stopping()
    for (let turn = 0; turn < 3; turn++) (await slots.take(signal))()
  })

  it('are refused to those who waited when the stop came, one after the other, and lost by nobody', async () => {
    const slots = openSlots(1)
    const stop = stopping()
    const giveBack = await slots.take(stop.signal)
    const waiting = [1, 2, 3].map(() => slots.take(stop.signal))
    const refused = Promise.allSettled(waiting)
    stop.abort(new Error('stopping'))
    giveBack()
    assert.deepEqual(
      (await refused).map(({ status }) => status),
      ['rejected', 'rejected', 'rejected'],
    )
    await assert.rejects(slots.take(stop.signal), /stopping/)
    ;(await slots.take(stopping().signal))()
  })
})
