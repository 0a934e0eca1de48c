import assert from 'node:assert/strict'
import type { Submission } from '../../../src/operators/contract.ts'
import { compileRequest } from '../../../src/operators/httpTemplate/writeRequest.ts'
import { templateOf } from './templateOf.ts'

const MESSAGE: Submission = {
  reference: '01-ab:7',
  to: '+989121234567',
  from: 'My Shop',
  text: 'a&b=c "d" {to}\n+é',
}

describe('the request of an HTTP template', () => {
  const write = (changes: object, message: Partial<Submission> = {}) => {
    const template = templateOf(changes)
    return compileRequest(template.send, '/base', template)({ ...MESSAGE, ...message })
  }
  const formOf = (changes: object, message: Partial<Submission> = {}) =>
    Object.fromEntries(new URLSearchParams(write(changes, message).body ?? ''))

  it('escapes each value for a form', () => {
    const { body, headers, method, path } = write({
      send: { form: { to: '{to}', text: '{text}', 'a b': 'x&y' } },
    })
    assert.equal(body, 'to=%2B989121234567&text=a%26b%3Dc%20%22d%22%20%7Bto%7D%0A%2B%C3%A9&a%20b=x%26y')
    assert.deepEqual([method, path], ['POST', '/base'])
    assert.equal(headers['content-type'], 'application/x-www-form-urlencoded')
  })

  it('escapes each value for a query and for the path', () => {
    const { path, body } = write({
      secrets: { key: 'k/e?y%#' },
      send: { method: 'GET', path: '/v1/{secret.key}/send', query: { to: '{to_digits}', text: '{text}' } },
    })
    assert.equal(
      path,
      '/base/v1/k%2Fe%3Fy%25%23/send?to=989121234567&text=a%26b%3Dc%20%22d%22%20%7Bto%7D%0A%2B%C3%A9',
    )
    assert.equal(body, null)
  })

  it('writes values into JSON as strings, at any depth, and a number of parts as a number', () => {
    const json = {
      messages: [
        {
          destinations: [{ to: '{to_plus}', id: 'x-{reference}' }],
          text: '{text}',
          n: '{parts}',
          flash: false,
        },
      ],
      '{to}': null,
    }
    assert.deepEqual(JSON.parse(write({ send: { json } }).body ?? ''), {
      messages: [
        {
          destinations: [{ to: '+989121234567', id: 'x-01-ab:7' }],
          ...{ text: MESSAGE.text, n: 1, flash: false },
        },
      ],
      '{to}': null,
    })
  })

  it('leaves out the member of a sender that is left to the operator', () => {
    const members = { to: '{to}', text: '{text}', from: '{from}', tag: 'from {from}' }
    assert.deepEqual(Object.keys(formOf({ send: { form: members } }, { from: null })), ['to', 'text', 'tag'])
    const { body } = write({ send: { json: { ...members, list: ['{from}', 1] } } }, { from: null })
    assert.deepEqual(JSON.parse(body ?? ''), { to: MESSAGE.to, text: MESSAGE.text, tag: 'from ', list: [1] })
  })

  it('names the encoding in the words of the operator, and counts the parts that are billed', () => {
    const changes = {
      encodings: { gsm7: '0', ucs2: '8' },
      send: { form: { to: '{to}', text: '{text}', dcs: '{encoding}', parts: '{parts}' } },
    }
    const of = ({ dcs, parts }: Record<string, string>) => [dcs, parts]
    assert.deepEqual(of(formOf(changes, { text: 'a'.repeat(161) })), ['0', '2'])
    assert.deepEqual(of(formOf(changes, { text: 'م'.repeat(71) })), ['8', '2'])
  })

  it('takes doubled braces for braces', () => {
    assert.equal(formOf({ send: { form: { to: '{{{to}}}', text: '{text}' } } }).to, '{+989121234567}')
  })

  const AUTHS: [object, string, string][] = [
    [{ type: 'basic', user: 'me', password: 'pass:word' }, 'authorization', 'Basic bWU6cGFzczp3b3Jk'],
    [{ type: 'bearer', token: 'tok{en}' }, 'authorization', 'Bearer tok{en}'],
    [{ type: 'header', name: 'X-Api-Key', secret: 'k' }, 'X-Api-Key', 'k'],
  ]
  for (const [auth, name, value] of AUTHS) {
    it(`logs in: ${(auth as { type: string }).type}`, () => {
      const { headers } = write({
        send: { auth, form: { to: '{to}', text: '{text}' }, headers: { 'X-Ref': '{reference}' } },
      })
      assert.equal(headers[name], value)
      assert.equal(headers['X-Ref'], '01-ab:7')
    })
  }
})
