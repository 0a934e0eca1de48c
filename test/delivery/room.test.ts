import assert from 'node:assert/strict'
import { setImmediate } from 'node:timers/promises'
import { openSemaphore } from '../../src/delivery/room.ts'
import type { Stay } from '../../src/delivery/room.ts'

const BOUND = 4

describe('the room for recipients in hand', () => {
  let inside: Map<string, Stay>
  let room: ReturnType<typeof openSemaphore>
  beforeEach(() => {
    inside = new Map()
    room = openSemaphore(BOUND)
  })
  const enter = (name: string, weight: number) =>
    void room.enter(weight).then((stay) => inside.set(name, stay))
  const names = async () => {
    await setImmediate()
    return [...inside.keys()]
  }

  it('lets in while less than the bound is inside, whole however heavy, and the rest in their order', async () => {
    enter('light', 3)
    enter('heavy', 100)
    enter('next', 1)
    enter('last', 1)
    assert.deepEqual(await names(), ['light', 'heavy'])
    inside.get('heavy')?.leave()
    assert.deepEqual(await names(), ['light', 'heavy', 'next'])
    inside.get('next')?.leave()
    assert.deepEqual(await names(), ['light', 'heavy', 'next', 'last'])
  })

  it('has room again bit by bit, and none is given back twice', async () => {
    enter('first', 6)
    enter('second', 4)
    enter('third', 1)
    const [first] = [await names().then(() => inside.get('first'))]
    first?.leave(2)
    assert.deepEqual(await names(), ['first'])
    first?.leave(1)
    assert.deepEqual(await names(), ['first', 'second'])
    first?.leave()
    first?.leave()
    assert.deepEqual(await names(), ['first', 'second'])
    inside.get('second')?.leave(1)
    assert.deepEqual(await names(), ['first', 'second', 'third'])
  })

  it('turns away who waits when the process stops, and who comes after', async () => {
    const stopping = new AbortController()
    enter('first', BOUND)
    const waiting = assert.rejects(room.enter(1, stopping.signal), { name: 'AbortError' })
    enter('patient', 1)
    stopping.abort()
    await waiting
    await assert.rejects(room.enter(1, stopping.signal), { name: 'AbortError' })
    assert.deepEqual(await names(), ['first'])
    inside.get('first')?.leave()
    assert.deepEqual(await names(), ['first', 'patient'])
  })
})
