import assert from 'node:assert/strict'
import { retryWithBackoff } from '../../src/delivery/retryWithBackoff.ts'
import { CommitUnknown } from '../../src/platform/db/index.ts'
import { Unavailable } from '../../src/primitives/unavailable.ts'

const away = () => new Unavailable('database_unavailable', 'away')

describe('patience with a database that is away', () => {
  it('returns what the work came to, however often it failed before, and reports each failure', async () => {
    const failures = [away(), new CommitUnknown('test', away()), away(), away()]
    const toCome = [...failures]
    const reported: unknown[] = []
    const work = () => {
      const failure = toCome.shift()
      return failure ? Promise.reject(failure) : Promise.resolve('settled')
    }
    const ended = await retryWithBackoff(work, (error) => reported.push(error))
    assert.deepEqual(ended, { kind: 'done', result: 'settled' })
    assert.deepEqual(reported, failures)
  })

  it('says so, without an exception, when it runs out', async () => {
    let reported = 0
    const ended = await retryWithBackoff(
      () => Promise.reject(away()),
      () => reported++,
      250,
    )
    assert.deepEqual(ended, { kind: 'away' })
    assert.ok(reported > 1)
  })

  it('ends sooner with work that the database refuses: it would refuse it for ever', async () => {
    let reported = 0
    const ended = await retryWithBackoff(
      () => Promise.reject(new Error('Data too long')),
      () => reported++,
    )
    assert.deepEqual([ended, reported], [{ kind: 'fault' }, 3])
  })
})
