import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { sourceAddressOf } from '../../../src/accounts/access/sourceAddress.ts'
import { addressCheckOf } from '../../../src/primitives/ipRange.ts'

describe('the address that a request comes from', () => {
  const sourceOf = (trusted: string[], remoteAddress: string | undefined, forwarded?: string) =>
    sourceAddressOf(addressCheckOf(trusted))({
      headers: forwarded === undefined ? {} : { 'x-forwarded-for': forwarded },
      socket: { remoteAddress } as Socket,
    })

  it("is the connection's where no proxy is trusted, whatever the request says", () => {
    assert.equal(sourceOf([], '192.0.2.1', '198.51.100.7'), '192.0.2.1')
    assert.equal(sourceOf(['10.0.0.0/8'], '192.0.2.1', '198.51.100.7'), '192.0.2.1')
    assert.equal(sourceOf([], '::ffff:192.0.2.1'), '192.0.2.1')
    assert.equal(sourceOf([], undefined), '')
  })

  it('is the one that the last trusted proxy saw', () => {
    assert.equal(sourceOf(['10.0.0.0/8'], '10.0.0.1', '198.51.100.7'), '198.51.100.7')
    assert.equal(sourceOf(['10.0.0.0/8'], '::ffff:10.0.0.1', '198.51.100.7, 10.0.0.2'), '198.51.100.7')
  })

  it('is not what a client wrote in front of that', () => {
    assert.equal(sourceOf(['10.0.0.0/8'], '10.0.0.1', '127.0.0.1, 198.51.100.7'), '198.51.100.7')
  })

  it("is the proxy's own where it forwards nothing that is an address", () => {
    assert.equal(sourceOf(['10.0.0.1'], '10.0.0.1'), '10.0.0.1')
    assert.equal(sourceOf(['10.0.0.0/8'], '10.0.0.1', 'unknown, 10.0.0.2'), '10.0.0.2')
    assert.equal(sourceOf(['10.0.0.0/8'], '10.0.0.1', ''), '10.0.0.1')
  })
})
