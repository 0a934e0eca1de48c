import assert from 'node:assert/strict'
import { readCredential } from '../../../src/accounts/access/credential.ts'

describe('the key of a request', () => {
  const read = (headers: Record<string, string>) => readCredential({ headers })

  it('is the same in X-API-Key and in Authorization, whose scheme has no case', () => {
    for (const headers of [
      { 'x-api-key': 'K' },
      { authorization: 'Bearer K' },
      { authorization: 'bearer K' },
      { authorization: 'BEARER   K' },
      { 'x-api-key': 'K', authorization: 'Bearer K' },
      { 'x-api-key': 'K', authorization: 'Basic dTpw' },
    ])
      assert.equal(read(headers), 'K', JSON.stringify(headers))
  })

  it('is missing where no header names one', () => {
    assert.equal(read({}), undefined)
    assert.equal(read({ authorization: 'Basic dTpw' }), undefined)
    assert.equal(read({ authorization: 'BearerK' }), undefined)
  })

  it('is there and wrong where a header has none, or two differ', () => {
    for (const headers of [
      { authorization: 'Bearer' },
      { authorization: 'Bearer ' },
      { 'x-api-key': '' },
      { 'x-api-key': 'K', authorization: 'Bearer k' },
      { 'x-api-key': 'K', authorization: 'Bearer' },
    ])
      assert.equal(read(headers), '', JSON.stringify(headers))
  })

  it('keeps the case of each letter', () => {
    assert.notEqual(read({ 'x-api-key': 'aBc' }), read({ 'x-api-key': 'abc' }))
  })
})
