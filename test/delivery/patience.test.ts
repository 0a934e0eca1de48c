import assert from 'node:assert/strict'
import { withPatience } from '../../src/delivery/patience.ts'

describe('patience with a database that is away', () => {
  it('returns what the work came to, however often it failed before, and reports each failure', async () => {
    let tries = 0
    const errors: unknown[] = []
    const work = () => (++tries < 3 ? Promise.reject(new Error(`try ${tries}`)) : Promise.resolve('settled'))
    assert.equal(await withPatience(work, (error) => errors.push(error)), 'settled')
    assert.deepEqual(
      errors.map((error) => (error as Error).message),
      ['try 1', 'try 2'],
    )
  })

  it('ends without a result and without an exception when it runs out', async () => {
    let reported = 0
    const work = () => Promise.reject(new Error('away'))
    assert.equal(await withPatience(work, () => reported++, 250), undefined)
    assert.ok(reported > 1)
  })
})
