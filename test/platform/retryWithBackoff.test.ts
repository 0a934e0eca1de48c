import assert from 'node:assert/strict'
import { setImmediate } from 'node:timers/promises'
import { retryWithBackoff } from '../../src/platform/retryWithBackoff.ts'
import { Unavailable } from '../../src/primitives/unavailable.ts'
import { manualTimers } from '../support/manualTimers.ts'

const outage = () => new Unavailable('database_unavailable', 'unavailable')

/** Starts a retry loop over these failures, then a success; time passes only by `fire`. */
function retrying(failures: Error[], signal?: AbortSignal) {
  const timers = manualTimers()
  const reported: unknown[] = []
  const toCome = [...failures]
  const ended = retryWithBackoff(
    () => {
      const failure = toCome.shift()
      return failure ? Promise.reject(failure) : Promise.resolve('stored')
    },
    {
      isTransient: (error) => error instanceof Unavailable,
      onError: (error) => reported.push(error),
      firstPauseMs: 100,
      maxPauseMs: 300,
      faultsMax: 3,
      ...(signal ? { signal } : {}),
      after: timers.after,
      random: () => 1,
    },
  )
  return { timers, reported, ended, toCome }
}

describe('a retry with back-off', () => {
  it('returns the result after any number of transient failures, and doubles the pause up to its bound', async () => {
    const failures = [outage(), outage(), outage(), outage(), outage()]
    const { timers, reported, ended } = retrying(failures)
    const waits: number[] = []
    for (let i = 0; i < failures.length; i++) {
      await setImmediate()
      waits.push(...timers.waits())
      timers.fire()
    }
    assert.deepEqual(await ended, { kind: 'done', result: 'stored' })
    assert.deepEqual(waits, [100, 200, 300, 300, 300])
    assert.deepEqual(reported, failures)
  })

  it('gives work up after a bounded number of other failures, and names the last', async () => {
    const failures = [new Error('1'), outage(), new Error('2'), new Error('3')]
    const { timers, ended, toCome } = retrying(failures)
    for (let i = 0; i < 3; i++) {
      await setImmediate()
      timers.fire()
    }
    assert.deepEqual(await ended, { kind: 'fault', error: failures[3] })
    assert.deepEqual(toCome, [])
  })

  it('ends a pause when the signal is aborted, and starts no further attempt', async () => {
    const stopping = new AbortController()
    const { timers, ended, toCome } = retrying([outage(), outage()], stopping.signal)
    await setImmediate()
    stopping.abort()
    assert.deepEqual(await ended, { kind: 'stopped' })
    assert.equal(toCome.length, 1)
    assert.deepEqual(timers.waits(), [])
  })

  it('does not report an attempt that the signal itself ended', async () => {
    const stopping = new AbortController()
    const reason = new Error('stopping')
    const { reported, ended } = retrying([reason], stopping.signal)
    stopping.abort(reason)
    assert.deepEqual([await ended, reported], [{ kind: 'stopped' }, []])
  })
})
