import assert from 'node:assert/strict'
import { faultsOf, GIVEN, templateOf } from './templateOf.ts'

describe('the configuration of an HTTP template', () => {
  const { send, answer } = GIVEN
  const ACCEPTS = answer.rules[0]

  it('has defaults for all but what is sent and what the answer means', () => {
    const { url, connections, idleTimeoutMs, secrets, encodings, receipts, ...rest } = templateOf({})
    assert.deepEqual([url, connections, idleTimeoutMs], ['https://operator.example', 32, 1_000])
    assert.deepEqual([secrets, encodings, receipts], [{}, { gsm7: 'gsm7', ucs2: 'ucs2' }, null])
    assert.equal(rest.send.method, 'POST')
  })

  it('is checked as a whole, and each fault names its place', () => {
    const faults = faultsOf({
      url: 'https://operator.example/?key=1',
      connections: 1,
      send: { method: 'PATCH', path: 'sms', headers: { Host: 'x' }, form: { to: '{to}', text: '{text}' } },
      answer: { ...answer, identifier: 'id' },
      speed: 1,
    })
    assert.deepEqual(faults.map((fault) => fault.split(':')[0]).sort(), [
      ...['', 'answer.identifier', 'connections', 'send.headers.Host', 'send.method', 'send.path', 'url'],
    ])
  })

  const SENDS: [string, object, RegExp][] = [
    [
      'a placeholder that is none',
      { form: { to: '{to}', text: '{text} {name}' } },
      /send\.form\.text: has a placeholder/,
    ],
    [
      'a secret that is not there',
      { form: { ...send.form, key: '{secret.key}' } },
      /send\.form\.key: has a placeholder/,
    ],
    [
      'a brace that is not closed',
      { form: { ...send.form, key: '{to' } },
      /send\.form\.key: has a \{ without/,
    ],
    [
      'a brace that is not opened',
      { form: { ...send.form, key: 'to}' } },
      /send\.form\.key: has a \} without/,
    ],
    [
      'a template deep in JSON',
      { json: { a: [{ to: '{to}', b: '{oops}' }], text: '{text}' } },
      /send\.json\.a\.0\.b: has a placeholder/,
    ],
    ['no number', { form: { text: '{text}' } }, /send: must use one of \{to\}/],
    ['no text', { form: { to: '{to}' } }, /send: must use \{text\}/],
    ['two bodies', { form: send.form, json: send.form }, /send\.json: must not stand beside form/],
    ['a body of GET', { method: 'GET', ...send }, /send\.method: must not be GET/],
    [
      'a text in a header',
      { ...send, headers: { 'X-Text': '{text}' } },
      /send\.headers\.X-Text: has a placeholder/,
    ],
    [
      'a header of two lines',
      { ...send, headers: { 'X-A': 'a\r\nX-B: b' } },
      /send\.headers\.X-A: must be visible/,
    ],
    ['a query in the path', { ...send, path: '/send?key=1' }, /send\.path: must have no query/],
    ['a misspelt member', { ...send, querry: {} }, /send: Unrecognized key/],
  ]
  for (const [what, given, fault] of SENDS) {
    it(`is refused with ${what} in what is sent`, () => {
      assert.match(faultsOf({ send: given }).join('\n'), fault)
    })
  }

  const line = (text: string, rest: object = { any: 'accepted' }) => ({
    format: 'text',
    rules: [{ line: text, ...rest }],
  })
  const ANSWERS: [string, object, RegExp][] = [
    [
      'no rule that accepts',
      { ...answer, rules: [{ at: '/a', rejected: ['1'] }] },
      /answer\.rules: no rule says when/,
    ],
    [
      'a rule without meaning',
      { ...answer, rules: [ACCEPTS, { at: '/a' }] },
      /answer\.rules\.1: must list values/,
    ],
    [
      'a value of two meanings',
      { ...answer, rules: [{ at: '/a', accepted: ['A'], rejected: ['a'] }] },
      /lists "a" twice/,
    ],
    ['a status that accepts', { ...answer, statuses: { accepted: [204] } }, /answer\.statuses/],
    [
      'a good status that means another thing',
      { ...answer, statuses: { rejected: [200] } },
      /answer\.statuses\.rejected\.0/,
    ],
    ['a line of a placeholder alone', line('{identifier}'), /must have some text/],
    ['placeholders side by side', line('ID {code}{identifier}'), /must have text between/],
    ['a placeholder twice', line('ID {code} {code}'), /has a placeholder twice/],
    ['a placeholder that no line has', line('ID {to}'), /\{to\} is not known here/],
    ['values without a code', line('ID {identifier}', { accepted: ['0'] }), /its line has no \{code\}/],
    ['an unknown format', { ...answer, format: 'xml' }, /answer\.format/],
  ]
  for (const [what, given, fault] of ANSWERS) {
    it(`is refused with ${what} in the answer`, () =>
      assert.match(faultsOf({ answer: given }).join('\n'), fault))
  }

  const secret = 'x'.repeat(16)
  const receipts = { secret, from: 'form', identifier: 'id', status: 's', statuses: { delivered: ['1'] } }
  const RECEIPTS: [string, object, RegExp][] = [
    ['no secret', { ...receipts, secret: undefined }, /receipts\.secret: is missing/],
    [
      'a signature in no header',
      { ...receipts, signature: { header: 'X Signature' } },
      /receipts\.signature\.header: must be the name of a header/,
    ],
    [
      'nothing that names the message',
      { ...receipts, identifier: undefined },
      /receipts: must have identifier or reference/,
    ],
    [
      'names where pointers belong',
      { ...receipts, from: 'json' },
      /receipts\.identifier: must be a JSON pointer[\s\S]*receipts\.status/,
    ],
    ['items of a form', { ...receipts, items: '/results' }, /receipts\.items: needs from: json/],
    [
      'a word of two states',
      { ...receipts, statuses: { delivered: ['1'], pending: ['1'] } },
      /lists "1" twice/,
    ],
    ['an answer that is a failure', { ...receipts, answer: { status: 500 } }, /receipts\.answer\.status/],
  ]
  for (const [what, given, fault] of RECEIPTS) {
    it(`is refused with ${what} in receipts`, () =>
      assert.match(faultsOf({ receipts: given }).join('\n'), fault))
  }

  it('never quotes a secret in a fault', () => {
    const faults = faultsOf({
      secrets: { key: 'hush hush' },
      send: {
        ...send,
        auth: { type: 'basic', user: 'user', password: 'hush\n' },
        form: { ...send.form, key: '{hush}' },
      },
    })
    assert.equal(faults.length, 3)
    assert.doesNotMatch(faults.join('\n'), /hush/)
  })
})
