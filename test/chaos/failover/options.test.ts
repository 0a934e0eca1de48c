import assert from 'node:assert/strict'
import { readOptions } from '../../../chaos/failover/options.ts'

describe('the options of make failover', () => {
  it('are every scenario at 100 requests a second unless something else is said', () => {
    assert.deepEqual(readOptions([], {}), {
      only: ['database', 'broker', 'shares'],
      ...{ rate: 100, seed: 1, keeps: false },
    })
  })

  it('come from variables, and from flags, which win', () => {
    const options = readOptions(['--only', 'broker'], { ONLY: 'shares', RATE: '200', KEEP: '1' })
    assert.deepEqual(options, { only: ['broker'], rate: 200, seed: 1, keeps: true })
  })

  for (const [args, fault] of [
    [['--only', 'network'], /^ONLY must be database, broker, shares or several of them, not "network"$/],
    [['--rate', '0'], /^RATE must be a whole number from 1 to 1000, not "0"$/],
  ] as const)
    it(`are refused: ${args.join(' ')}`, () => {
      assert.throws(() => readOptions([...args], {}), { message: fault })
    })
})
