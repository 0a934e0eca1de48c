import assert from 'node:assert/strict'
import { addressCheckOf, isAddressRange, plainAddress } from '../../src/primitives/ipRange.ts'

describe('a range of addresses', () => {
  it('is an address, or one with the bits of its network', () => {
    for (const text of ['192.0.2.1', '192.0.2.0/24', '0.0.0.0/0', '::1', '2001:db8::/32', '::ffff:192.0.2.1'])
      assert.ok(isAddressRange(text), text)
    for (const text of [
      ...['', 'example.org', '192.0.2', '192.0.2.1/33', '192.0.2.1/', '192.0.2.1/-1', '192.0.2.1/08'],
      ...['192.0.2.1/8/8', '::1/129', 'fe80::1%eth0', '::ffff:192.0.2.0/24', ' 192.0.2.1', '192.0.2.1/1e1'],
    ])
      assert.ok(!isAddressRange(text), text)
  })

  it('contains the addresses of its network and no others, in each form that a socket shows them', () => {
    const isIn = addressCheckOf(['192.0.2.0/25', '2001:db8::/32'])
    for (const address of ['192.0.2.0', '192.0.2.127', '::ffff:192.0.2.5', '2001:db8:ffff::1'])
      assert.ok(isIn(address), address)
    for (const address of ['192.0.2.128', '192.0.3.1', '::ffff:192.0.2.128', '2001:db9::1', '', 'x'])
      assert.ok(!isIn(address), address)
    assert.ok(!addressCheckOf([])('127.0.0.1'))
    assert.throws(() => addressCheckOf(['192.0.2.0/33']))
  })

  it('shows an address of IPv4 as such', () => {
    assert.equal(plainAddress('::FFFF:192.0.2.1'), '192.0.2.1')
    assert.equal(plainAddress('2001:db8::1'), '2001:db8::1')
  })
})
