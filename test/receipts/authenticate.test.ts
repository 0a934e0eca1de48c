import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { RECEIPTS_DEFAULT } from '../../src/operators/index.ts'
import type { ReceiptSignature } from '../../src/operators/contract.ts'
import type { ReceiptOptions } from '../../src/operators/index.ts'
import type { Problem } from '../../src/primitives/problem.ts'
import { checkSignature } from '../../src/receipts/authenticate.ts'
import { createAuthenticate } from '../../src/receipts/index.ts'

const SECRET = 'secret-of-operator-a'

describe('an operator that sends receipts', () => {
  const authenticate = (receipts: Partial<ReceiptOptions>) =>
    createAuthenticate([
      { name: 'a', protocol: 'chapar-http', receipts: { ...RECEIPTS_DEFAULT, ...receipts } },
    ])
  const codeOf = (receipts: Partial<ReceiptOptions>, authorization: string, source: string, name = 'a') => {
    try {
      return authenticate(receipts)(name, {
        headers: { authorization },
        query: new URLSearchParams(),
        source,
      }).name
    } catch (error) {
      return (error as Problem).code
    }
  }

  it('proves itself by its secret', () => {
    assert.equal(codeOf({ secret: SECRET }, `Bearer ${SECRET}`, '192.0.2.1'), 'a')
    assert.equal(codeOf({ secret: SECRET }, `bearer  ${SECRET}`, '192.0.2.1'), 'a')
    for (const wrong of ['', 'Bearer', 'Bearer ', SECRET, `Basic ${SECRET}`, `Bearer ${SECRET}x`, 'Bearer x'])
      assert.equal(codeOf({ secret: SECRET }, wrong, '192.0.2.1'), 'invalid_secret', wrong)
  })

  it('is unknown under another name, and without a secret', () => {
    assert.equal(codeOf({ secret: SECRET }, `Bearer ${SECRET}`, '192.0.2.1', 'b'), 'invalid_secret')
    assert.equal(codeOf({ secret: SECRET }, `Bearer ${SECRET}`, '192.0.2.1', '__proto__'), 'invalid_secret')
    for (const authorization of ['', 'Bearer undefined', 'Bearer '])
      assert.equal(codeOf({ secret: undefined }, authorization, '192.0.2.1'), 'invalid_secret')
  })

  it('may put it into its address, as a password or a parameter', () => {
    const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`
    assert.equal(codeOf({ secret: SECRET }, basic(`chapar:${SECRET}`), '192.0.2.1'), 'a')
    for (const wrong of [SECRET, `${SECRET}:`, `:${SECRET}x`, ':'])
      assert.equal(codeOf({ secret: SECRET }, basic(wrong), '192.0.2.1'), 'invalid_secret', wrong)
    const byQuery = (query: string) =>
      authenticate({ secret: SECRET })('a', {
        ...{ headers: {}, query: new URLSearchParams(query), source: '' },
      })
    assert.equal(byQuery(`x=1&secret=${SECRET}`).name, 'a')
    for (const wrong of ['', 'secret=', `Secret=${SECRET}`, `secret=x&secret=${SECRET}`])
      assert.throws(() => byQuery(wrong), { code: 'invalid_secret' })
  })

  it('may sign what it sends instead', () => {
    const body = Buffer.from('{"id":1}')
    const sent = (signature: Partial<ReceiptSignature>, given: string) => {
      const HEX = { header: 'x-signature', algorithm: 'sha256', encoding: 'hex' } as const
      const receipts = { ...RECEIPTS_DEFAULT, secret: SECRET, signature: { ...HEX, ...signature } }
      const sender = { name: 'a', protocol: 'http-template' as const, receipts }
      const headers = { 'x-signature': given }
      assert.equal(
        createAuthenticate([sender])('a', { headers, query: new URLSearchParams(), source: '' }).name,
        'a',
      )
      return () => checkSignature(sender, headers, body)
    }
    const hmac = (algorithm: string, encoding: 'hex' | 'base64', secret = SECRET) =>
      createHmac(algorithm, secret).update(body).digest(encoding)
    for (const algorithm of ['sha1', 'sha256', 'sha512'] as const)
      for (const encoding of ['hex', 'base64'] as const)
        sent({ algorithm, encoding }, hmac(algorithm, encoding))()
    sent({}, `sha256=${hmac('sha256', 'hex')}`)()
    for (const wrong of [
      ...['', 'x', hmac('sha1', 'hex'), hmac('sha256', 'base64'), hmac('sha256', 'hex', 'another')],
      hmac('sha256', 'hex').slice(0, -2),
    ])
      assert.throws(sent({}, wrong), { code: 'invalid_signature' }, wrong)
  })

  it('sends from its addresses alone, where it has some', () => {
    const options = { secret: SECRET, allowedSources: ['192.0.2.0/24', '2001:db8::1'] }
    const from = (source: string) => codeOf(options, `Bearer ${SECRET}`, source)
    assert.deepEqual([from('192.0.2.7'), from('::ffff:192.0.2.7'), from('2001:db8::1')], ['a', 'a', 'a'])
    assert.deepEqual([from('192.0.3.7'), from('')], ['source_not_allowed', 'source_not_allowed'])
  })
})
