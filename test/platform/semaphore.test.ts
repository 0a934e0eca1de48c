import assert from 'node:assert/strict'
import { setImmediate } from 'node:timers/promises'
import { openSemaphore } from '../../src/platform/semaphore.ts'
import type { Permit } from '../../src/platform/semaphore.ts'

const BOUND = 4

describe('a semaphore', () => {
  let permits: Map<string, Permit>
  let semaphore: ReturnType<typeof openSemaphore>
  beforeEach(() => {
    permits = new Map()
    semaphore = openSemaphore(BOUND)
  })
  const acquire = (name: string, weight: number) =>
    void semaphore.acquire(weight).then((permit) => permits.set(name, permit))
  const admitted = async () => {
    await setImmediate()
    return [...permits.keys()]
  }

  it('admits while less than the bound is taken, also a weight above the bound, and the rest in order', async () => {
    acquire('light', 3)
    acquire('heavy', 100)
    acquire('next', 1)
    acquire('last', 1)
    assert.deepEqual(await admitted(), ['light', 'heavy'])
    permits.get('heavy')?.release()
    assert.deepEqual(await admitted(), ['light', 'heavy', 'next'])
    permits.get('next')?.release()
    assert.deepEqual(await admitted(), ['light', 'heavy', 'next', 'last'])
  })

  it('admits as many of weight 1 as its bound', async () => {
    for (const name of ['1', '2', '3', '4', '5']) acquire(name, 1)
    assert.deepEqual(await admitted(), ['1', '2', '3', '4'])
    permits.get('2')?.release()
    assert.deepEqual(await admitted(), ['1', '2', '3', '4', '5'])
  })

  it('takes a permit back in parts, and nothing twice', async () => {
    acquire('first', 6)
    acquire('second', 4)
    acquire('third', 1)
    await admitted()
    permits.get('first')?.release(2)
    assert.deepEqual(await admitted(), ['first'])
    permits.get('first')?.release(1)
    assert.deepEqual(await admitted(), ['first', 'second'])
    permits.get('first')?.release(100)
    permits.get('first')?.release()
    assert.deepEqual(await admitted(), ['first', 'second'])
    permits.get('second')?.release(1)
    assert.deepEqual(await admitted(), ['first', 'second', 'third'])
  })

  it('rejects a waiting request when its signal is aborted, and one made later', async () => {
    const stopping = new AbortController()
    acquire('first', BOUND)
    const waiting = assert.rejects(semaphore.acquire(1, stopping.signal), { name: 'AbortError' })
    acquire('patient', 1)
    stopping.abort()
    await waiting
    await assert.rejects(semaphore.acquire(1, stopping.signal), { name: 'AbortError' })
    assert.deepEqual(await admitted(), ['first'])
    permits.get('first')?.release()
    assert.deepEqual(await admitted(), ['first', 'patient'])
  })
})
