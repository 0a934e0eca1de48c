import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { verifySignature } from '../../../src/operators/twilio/verifySignature.ts'

const URL_OF_CASE = 'https://mycompany.com/myapp.php?foo=1&bar=2'
const CASE = {
  authToken: '12345',
  url: URL_OF_CASE,
  body: new URLSearchParams({
    ...{ CallSid: 'CA1234567890ABCDE', Caller: '+14158675309', Digits: '1234' },
    ...{ From: '+14158675309', To: '+18005551212' },
  }).toString(),
  signature: 'RSOYDt4T1cUTdK1PDd93/VVr8B8=',
}

describe("Twilio's signature", () => {
  it('is verified over the URL and the sorted parameters', () => {
    assert.equal(verifySignature(CASE), true)
  })

  it('does not depend on the order of the parameters', () => {
    const reversed = CASE.body.split('&').reverse().join('&')
    assert.equal(verifySignature({ ...CASE, body: Buffer.from(reversed) }), true)
  })

  const WRONG: [string, Partial<typeof CASE> | { signature: undefined }][] = [
    ['none', { signature: undefined }],
    ['an empty one', { signature: '' }],
    ['another', { signature: 'SSOYDt4T1cUTdK1PDd93/VVr8B8=' }],
    ['one with something behind it', { signature: 'RSOYDt4T1cUTdK1PDd93/VVr8B8=x' }],
    ['one in the alphabet of URLs', { signature: 'RSOYDt4T1cUTdK1PDd93_VVr8B8=' }],
    ['a shorter one', { signature: 'RSOYDt4T1cUTdK1PDd93' }],
    ['one with another token', { authToken: '12346' }],
    ['one without a token', { authToken: '' }],
    ['one of the URL without its query', { url: 'https://mycompany.com/myapp.php' }],
    ['one of the URL with a port', { url: 'https://mycompany.com:443/myapp.php?foo=1&bar=2' }],
    ['one of the URL in another case', { url: 'https://MyCompany.com/myapp.php?foo=1&bar=2' }],
    [
      'one of the URL with its query in another order',
      { url: 'https://mycompany.com/myapp.php?bar=2&foo=1' },
    ],
    ['one of a changed value', { body: CASE.body.replace('1234&', '1235&') }],
    ['one of a parameter more', { body: `${CASE.body}&Zzz=1` }],
    ['one of a parameter less', { body: CASE.body.replace('Digits=1234&', '') }],
    ['one of nothing', { body: '' }],
  ]
  for (const [what, changes] of WRONG) {
    it(`is wrong: ${what}`, () => assert.equal(verifySignature({ ...CASE, ...changes }), false))
  }

  it('covers a name that comes several times by its different values in order', () => {
    const signature = createHmac('sha1', '12345').update(`${URL_OF_CASE}MediaaMediabTo+1`).digest('base64')
    assert.equal(verifySignature({ ...CASE, body: 'Media=b&To=%2B1&Media=a&Media=b', signature }), true)
    assert.equal(verifySignature({ ...CASE, body: 'Media=b&To=%2B1&Media=c', signature }), false)
  })

  it('sorts names by code units, not as a dictionary does', () => {
    const signature = createHmac('sha1', '12345').update(`${URL_OF_CASE}B2a1`).digest('base64')
    assert.equal(verifySignature({ ...CASE, body: 'a=1&B=2', signature }), true)
  })

  it('gives up on a form that is none of Twilio', () => {
    const body = Array.from({ length: 201 }, (_, at) => `p${at}=1`).join('&')
    const sorted = [...new URLSearchParams(body)].sort(([a], [b]) => (a < b ? -1 : 1))
    const signed = URL_OF_CASE + sorted.map((pair) => pair.join('')).join('')
    const signature = createHmac('sha1', '12345').update(signed).digest('base64')
    assert.equal(verifySignature({ ...CASE, body, signature }), false)
  })
})
