import assert from 'node:assert/strict'
import { openWrongKeys } from '../../../src/accounts/access/wrongKeys.ts'

describe('repeated wrong keys', () => {
  let nowMs: number
  let wrongKeys: ReturnType<typeof openWrongKeys>
  beforeEach(() => {
    nowMs = 1_000
    wrongKeys = openWrongKeys(() => nowMs)
  })
  const count = (times: number, source = '192.0.2.1') => {
    for (let i = 0; i < times; i++) wrongKeys.count(source)
  }

  it('are free for twenty, and then wait whole seconds', () => {
    count(19)
    assert.equal(wrongKeys.waitSeconds('192.0.2.1'), 0)
    count(2)
    assert.equal(wrongKeys.waitSeconds('192.0.2.1'), 2)
    nowMs += 1_999
    assert.equal(wrongKeys.waitSeconds('192.0.2.1'), 1)
    nowMs += 1
    assert.equal(wrongKeys.waitSeconds('192.0.2.1'), 0)
    count(1)
    assert.equal(wrongKeys.waitSeconds('192.0.2.1'), 1)
  })

  it('are forgotten after a while', () => {
    count(20)
    nowMs += 20_000
    count(19)
    assert.equal(wrongKeys.waitSeconds('192.0.2.1'), 0)
  })

  it('that were under way together do not make an address wait for long', () => {
    count(1_000)
    assert.ok(wrongKeys.waitSeconds('192.0.2.1') <= 4)
  })

  it('are counted for each address, and for a whole network of IPv6', () => {
    count(20)
    assert.equal(wrongKeys.waitSeconds('192.0.2.2'), 0)
    count(10, '2001:db8::1')
    count(10, '2001:db8:0:0:ffff::2')
    assert.ok(wrongKeys.waitSeconds('2001:db8::3') > 0)
    assert.equal(wrongKeys.waitSeconds('2001:db8:0:1::3'), 0)
  })

  it('are remembered for a bounded number of addresses, the latest', () => {
    count(20, 'first')
    for (let i = 0; i < 10_000; i++) wrongKeys.count(`source ${i}`)
    assert.equal(wrongKeys.waitSeconds('first'), 0)
    count(20, 'last')
    assert.ok(wrongKeys.waitSeconds('last') > 0)
  })
})
