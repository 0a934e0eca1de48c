import assert from 'node:assert/strict'
import { setImmediate } from 'node:timers/promises'
import { afterTimeout, startLoop } from '../../src/platform/loop.ts'
import type { Loop } from '../../src/platform/loop.ts'
import { withTimeout } from '../../src/platform/withTimeout.ts'
import { manualTimers } from '../support/manualTimers.ts'

type Step = 'worked' | 'idle' | Error

/** Runs a loop whose rounds end one by one, as the test decides. */
function stepped(random = () => 1) {
  const timers = manualTimers()
  const errors: { message: string; retryInMs: number }[] = []
  const running: ((step: Step) => void)[] = []
  const signals: AbortSignal[] = []
  const loop: Loop = startLoop({
    idleMs: 100,
    after: timers.after,
    random,
    onError: (error, retryInMs) => errors.push({ message: (error as Error).message, retryInMs }),
    runOnce: (stopping) => {
      signals.push(stopping)
      return new Promise((resolve, reject) => {
        running.push((step) => (step instanceof Error ? reject(step) : resolve(step)))
      })
    },
  })
  /** Ends the current round and lets the loop go on as far as it can. */
  async function end(step: Step) {
    const finish = running.pop()
    assert.ok(finish, 'no round is running')
    finish(step)
    await settle()
  }
  return {
    loop,
    timers,
    errors,
    end,
    rounds: () => signals.length,
    isRunning: () => running.length > 0,
    signals,
  }
}

/** Enough turns of the event loop for everything that does not wait for time. */
async function settle() {
  for (let i = 0; i < 5; i++) await setImmediate()
}

describe('a loop', () => {
  it('goes on at once after work, and waits after an idle round', async () => {
    const { loop, timers, end, rounds } = stepped()
    await end('worked')
    assert.equal(rounds(), 2)
    assert.deepEqual(timers.waits(), [])
    await end('idle')
    assert.equal(rounds(), 2)
    assert.deepEqual(timers.waits(), [100])
    timers.fire()
    await settle()
    assert.equal(rounds(), 3)
    const closed = loop.close()
    await end('idle')
    await closed
  })

  it('is woken from an idle wait, and leaves no timer behind', async () => {
    const { loop, timers, end, rounds } = stepped()
    await end('idle')
    loop.wake()
    await settle()
    assert.equal(rounds(), 2)
    assert.deepEqual(timers.waits(), [])
    const closed = loop.close()
    await end('worked')
    await closed
  })

  it('does not lose a wake-up that comes during a round', async () => {
    const { loop, timers, end, rounds } = stepped()
    loop.wake()
    await end('idle')
    assert.equal(rounds(), 2)
    assert.deepEqual(timers.waits(), [])
    // One wake-up is worth one round.
    await end('idle')
    assert.equal(rounds(), 2)
    assert.deepEqual(timers.waits(), [100])
    await loop.close()
  })

  it('reports a failed round and backs off, longer each time up to a bound, until one succeeds', async () => {
    const { loop, timers, errors, end } = stepped()
    for (let i = 0; i < 8; i++) {
      await end(new Error('away'))
      timers.fire()
      await settle()
    }
    assert.deepEqual(
      errors.map(({ retryInMs }) => retryInMs),
      [100, 200, 400, 800, 1600, 3200, 5000, 5000],
    )
    await end('worked')
    await end(new Error('away'))
    assert.deepEqual(errors.at(-1), { message: 'away', retryInMs: 100 })
    await loop.close()
  })

  it('spreads its back-off over half of it, so that processes do not come back together', async () => {
    const { loop, timers, end } = stepped(() => 0)
    await end(new Error('away'))
    assert.deepEqual(timers.waits(), [50])
    await loop.close()
  })

  it('is not woken from a back-off', async () => {
    const { loop, timers, end, rounds } = stepped()
    await end(new Error('away'))
    loop.wake()
    await settle()
    assert.equal(rounds(), 1)
    assert.deepEqual(timers.waits(), [100])
    await loop.close()
  })

  it('also survives a round that throws before it returns a promise', async () => {
    const errors: unknown[] = []
    const timers = manualTimers()
    const loop = startLoop({
      idleMs: 1,
      after: timers.after,
      onError: (error) => errors.push(error),
      runOnce: () => {
        throw new Error('at once')
      },
    })
    await settle()
    assert.equal(errors.length, 1)
    await loop.close()
  })

  it('stops during a round only when that has ended, having told it', async () => {
    const { loop, end, rounds, signals } = stepped()
    let closed = false
    const closing = loop.close().then(() => (closed = true))
    await settle()
    assert.equal(closed, false)
    assert.equal(signals[0]?.aborted, true)
    await end('worked')
    await closing
    assert.equal(rounds(), 1)
  })

  it('stops at once from an idle wait and from a back-off', async () => {
    for (const step of ['idle', new Error('away')] as const) {
      const { loop, timers, end, rounds } = stepped()
      await end(step)
      assert.equal(timers.waits().length, 1)
      await loop.close()
      assert.equal(rounds(), 1)
      assert.deepEqual(timers.waits(), [])
    }
  })

  it('lets the rest of the program have its turn while every round finds work', async () => {
    let rounds = 0
    const loop = startLoop({
      idleMs: 1,
      onError: (error) => assert.fail(String(error)),
      runOnce: () => {
        rounds++
        return Promise.resolve('worked')
      },
    })
    await settle()
    assert.ok(rounds > 0)
    await loop.close()
  })
})

describe('a timer', () => {
  it('for a time that has passed fires without a warning of Node', async () => {
    const warnings: string[] = []
    const onWarning = ({ name }: Error) => warnings.push(name)
    process.on('warning', onWarning)
    await new Promise<void>((resolve) => afterTimeout(-5, resolve))
    await withTimeout(-5, 'a test', new Promise(() => {})).catch(() => {})
    await settle()
    process.off('warning', onWarning)
    assert.deepEqual(warnings, [])
  })
})
