import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readOperatorsFile } from '../../src/operators/index.ts'
import { operatorOf } from './operatorOf.ts'

const ENVIRONMENT: Record<string, string> = { TOKEN: 'tell-nobody', EMPTY: '', HOST: 'operator.example' }

describe("the operators' file", () => {
  let folder: string
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'chapar-operators-'))
  })
  after(() => rmSync(folder, { recursive: true }))

  const read = (text: string) => {
    const path = join(folder, 'operators.yml')
    writeFileSync(path, text)
    return readOperatorsFile(path, (name) => ENVIRONMENT[name])
  }
  const faultsOf = (text: string) => {
    const result = read(text)
    return 'faults' in result ? result.faults : []
  }

  it('lists operators in order of preference, with defaults for all but name and address', () => {
    const text = `
operators:
  - name: first
    url: https://operator.example/sms/v1
  - name: second
    protocol: chapar-http
    url: http://127.0.0.1:9001
    connections: 8
    batch_size_max: 1
    idle_timeout: 500ms
    deduplicates_references: true
    keeps_our_reference: false
`
    const second = operatorOf({
      ...{
        name: 'second',
        url: 'http://127.0.0.1:9001',
        connections: 8,
        batchSizeMax: 1,
        idleTimeoutMs: 500,
      },
      ...{ deduplicatesReferences: true, keepsOurReference: false },
    })
    assert.deepEqual(read(text), {
      operators: [
        operatorOf({ name: 'first', url: 'https://operator.example/sms/v1', connections: 32 }),
        second,
      ],
      routes: [],
    })
  })

  it('says how receipts are taken and read, their secrets from the environment', () => {
    ENVIRONMENT['RECEIPTS'] = 'secret-of-the-first'
    const text = (secret: string) => `
operators:
  - name: first
    url: http://127.0.0.1:9001
    receipts:
      secret_env: ${secret}
      signature: { header: X-Signature, algorithm: sha1, encoding: base64 }
      allowed_sources: [192.0.2.0/24, '::1']
      one_per_message: true
      time_zone: Asia/Tehran
      error_codes: { '27': absent_subscriber, 00B: spam }
  - name: second
    url: http://127.0.0.1:9002
    receipts: {}
`
    const result = read(text('RECEIPTS'))
    assert.deepEqual(
      'operators' in result &&
        result.operators.map((operator) => 'receipts' in operator && operator.receipts),
      [
        {
          secret: 'secret-of-the-first',
          signature: { header: 'x-signature', algorithm: 'sha1', encoding: 'base64' },
          allowedSources: ['192.0.2.0/24', '::1'],
          timeZone: 'Asia/Tehran',
          onePerMessage: true,
          causes: { '27': 'absent_subscriber', '00B': 'spam' },
        },
        {
          secret: undefined,
          signature: null,
          allowedSources: null,
          timeZone: 'UTC',
          onePerMessage: false,
          causes: {},
        },
      ],
    )
    const wrong = text('RECEIPTS')
      .replace('::1', 'nowhere')
      .replace('Tehran', 'Nowhere')
      .replace('spam', 'spoilt')
    assert.deepEqual(
      faultsOf(wrong).map((fault) => fault.replace(/: .*/, '')),
      ['allowed_sources.1', 'time_zone', 'error_codes.00B'].map((place) => `operators.0.receipts.${place}`),
    )
    delete ENVIRONMENT['RECEIPTS']
    assert.match(faultsOf(text('RECEIPTS')).join(), /receipts\.secret_env: .*RECEIPTS/)
  })

  it('has operators of other protocols, whose secrets come from the environment', () => {
    const smpp = (password: string) => `
operators:
  - name: north
    protocol: smpp
    throughput: 100
    url: smpp://smsc.north.example:2775
    system_id: chapar
    ${password}
    connections: 2
`
    const result = read(smpp("password: '${TOKEN}'"))
    const [north] = 'operators' in result ? result.operators : []
    assert.ok(north?.protocol === 'smpp')
    assert.deepEqual(
      [north.password, north.binds.transceiver, north.keepsOurReference, north.throughput],
      ['tell-nobody', 2, false, 100],
    )
    assert.match(
      faultsOf(smpp('password: secret')).join(),
      /^operators\.0\.password: must come from the environment/,
    )
    assert.deepEqual(faultsOf(smpp('idle_timeout: 1s')).length, 1)
  })

  it('is checked as a whole, and each fault names its place', () => {
    const text = `
operators:
  - name: a b
    url: ftp://operator
    connections: 1
  - name: same
    url: http://user:secret@operator
    idle_timeout: 1h
    classes: [express, urgent]
  - url: http://operator
    batch_size: 5
  - name: other
    protocol: pigeon
    throughput: 0
`
    const faults = faultsOf(text)
    const places = faults.map((fault) => fault.split(':')[0])
    assert.deepEqual(places, [
      'operators.0.name',
      'operators.0.url',
      'operators.0.connections',
      'operators.1.classes.1',
      'operators.1.url',
      'operators.1.idle_timeout',
      'operators.2.name',
      'operators.2',
      'operators.3.throughput',
      'operators.3.protocol',
    ])
    assert.match(faults[1] ?? '', /\(line 4\)$/)
    assert.match(faults[7] ?? '', /batch_size.*\(line 10\)$/)
    assert.ok(!faults.join().includes('secret'))
  })

  it('refuses two operators of one name', () => {
    const operator = '{ name: a, url: "http://operator" }'
    assert.deepEqual(faultsOf(`operators: [${operator}, ${operator}]`), [
      'operators.1.name: "a" is taken already (line 1)',
    ])
  })

  it('takes secrets from the environment, and any other text of it', () => {
    const result = read(`
operators:
  - name: a
    url: "http://\${HOST}/\${lower}"
  - name: b
    url: http://\${HOST}:8080
`)
    assert.ok('operators' in result)
    assert.deepEqual(
      result.operators.map((operator) => 'url' in operator && operator.url),
      ['http://operator.example/${lower}', 'http://operator.example:8080'],
    )
  })

  it('says which variable is missing, where, and shows no value', () => {
    const faults = faultsOf(`
operators:
  - name: "\${TOKEN} and"
    url: "http://\${NOWHERE}"
  - name: b
    url: "http://\${EMPTY}"
`)
    const missing = faults.filter((fault) => fault.includes('environment'))
    assert.deepEqual(missing, [
      'operators.0.url: the environment has no value for NOWHERE (line 4)',
      'operators.1.url: the environment has no value for EMPTY (line 6)',
    ])
    assert.ok(!faults.join().includes('tell-nobody'), faults.join())
  })

  it('serves each class by some operator', () => {
    const one = (classes: string) => `{ name: a, url: "http://operator", classes: ${classes} }`
    assert.deepEqual(faultsOf(`operators: [${one('[normal]')}]`), [
      'operators: none of them serves express (line 1)',
    ])
    assert.match(faultsOf(`operators: [${one('[normal, normal]')}]`).join(), /each class once/)
  })

  it('has routes to operators that exist and serve their class', () => {
    const text = (routes: string) => `
operators:
  - { name: a, url: "http://a" }
  - { name: b, url: "http://b", classes: [normal] }
routes:
${routes}`
    const result = read(
      text(
        '  - { prefix: 98912, class: express, customer: 7, sender: X, operators: [a] }\n  - { operators: [b, a] }',
      ),
    )
    assert.ok('routes' in result)
    assert.deepEqual(result.routes, [
      { prefix: '98912', type: 'express', userId: 7, sender: 'X', operators: ['a'] },
      { prefix: '', type: null, userId: null, sender: null, operators: ['b', 'a'] },
    ])
    const faults = faultsOf(
      text(
        [
          '  - { prefix: "+98", operators: [a] }',
          '  - { prefix: 98, operators: [c] }',
          '  - { prefix: 97, operators: [b] }',
          '  - { prefix: 98, operators: [a, a] }',
        ].join('\n'),
      ),
    )
    assert.deepEqual(faults, [
      'routes.0.prefix: must be up to 15 digits that begin with the calling code (line 6)',
      'routes.3.operators: must name each operator once (line 9)',
      'routes.1.operators.0: there is no operator "c" (line 7)',
      'routes.2.operators: none of them serves express (line 8)',
    ])
    assert.deepEqual(faultsOf(text('  - { operators: [a] }\n  - { operators: [a] }')), [
      'routes.1: is for the same as routes.0 (line 7)',
    ])
  })

  it('reads a prefix as it is written, with the zero of a number without its country', () => {
    const result = read(`
operators:
  - { name: a, url: "http://a", connections: 10, prices: [{ prefix: 0912, price: 7 }, { prefix: 0, price: 0 }] }
routes:
  - { prefix: 0935, operators: [a] }
  - { prefix: "0936", operators: [a] }`)
    assert.ok('routes' in result)
    assert.deepEqual(
      result.operators[0]?.prices?.map(({ prefix }) => prefix),
      ['0912', '0'],
    )
    assert.deepEqual(
      result.routes.map(({ prefix }) => prefix),
      ['0935', '0936'],
    )
  })

  describe('refuses in routes, prices and polls', () => {
    const withRoute = (route: string) => `
operators:
  - { name: a, url: "http://a" }
  - { name: b, url: "http://b" }
routes:
  - { operators: [a, b], ${route} }`
    const withOperator = (fields: string) => `
operators:
  - { name: a, url: "http://a", ${fields} }`

    for (const [what, text, fault] of [
      ['a strategy that is none', withRoute('strategy: cheapest'), /^routes\.0\.strategy: .*"ordered"/],
      [
        'weights of a route that has no use for them',
        withRoute('weights: { a: 1, b: 1 }'),
        /^routes\.0\.weights: needs strategy: weighted/,
      ],
      [
        'a weight that is missing',
        withRoute('strategy: weighted, weights: { a: 1 }'),
        /^routes\.0\.weights: has none for "b"/,
      ],
      [
        'a weight of an operator of another route',
        withRoute('strategy: weighted, weights: { a: 1, b: 1, c: 1 }'),
        /^routes\.0\.weights: names "c"/,
      ],
      [
        'weights of 0 alone',
        withRoute('strategy: weighted, weights: { a: 0, b: 0 }'),
        /^routes\.0\.weights: must have one above 0/,
      ],
      [
        'a weight that is no whole number',
        withRoute('strategy: weighted, weights: { a: 0.5, b: 1 }'),
        /^routes\.0\.weights\.a: .*int/,
      ],
      [
        'a weight that is too large',
        withRoute('strategy: weighted, weights: { a: 10001, b: 1 }'),
        /^routes\.0\.weights\.a: .*10000/,
      ],
      ['health that is neither yes nor no', withRoute('health: 1'), /^routes\.0\.health: .*boolean/],
      ['no price at all', withOperator('prices: []'), /^operators\.0\.prices: /],
      ['a price below 0', withOperator('prices: [{ price: -1 }]'), /^operators\.0\.prices\.0\.price: /],
      [
        'a fraction of the smallest unit',
        withOperator('prices: [{ price: 0.5 }]'),
        /^operators\.0\.prices\.0\.price: .*int/,
      ],
      [
        'two prices of one prefix',
        withOperator('prices: [{ price: 1 }, { prefix: "", price: 2 }]'),
        /^operators\.0\.prices\.1\.prefix: is that of prices\.0/,
      ],
      [
        'a prefix with a plus',
        withOperator('prices: [{ prefix: "+98", price: 1 }]'),
        /^operators\.0\.prices\.0\.prefix: must be up to 15 digits/,
      ],
      [
        'a poll that asks too often',
        withOperator('receipts: { poll: { every: 100ms } }'),
        /^operators\.0\.receipts\.poll\.every: /,
      ],
      [
        'a poll that ends before it begins',
        withOperator('receipts: { poll: { every: 30m, for: 10m } }'),
        /every must not be longer than for/,
      ],
      [
        'settings of pushed receipts beside a poll',
        withOperator('receipts: { poll: { every: 30s }, one_per_message: true }'),
        /^operators\.0\.receipts: .*one_per_message/,
      ],
    ] as const)
      it(what, () => {
        const faults = faultsOf(text)
        assert.equal(faults.length, 1, faults.join('\n'))
        assert.match(faults[0] ?? '', fault)
      })
  })

  for (const [name, text, fault] of [
    ['is empty', '', /expected object/],
    ['has no operators', 'operators: []', /^operators: /],
    ['is no YAML', 'operators: [', /line 1/],
    ['names what does not exist', 'operator: []', /operator/],
  ] as const) {
    it(`says what is wrong when it ${name}`, () => {
      assert.match(faultsOf(text).join('; '), fault)
    })
  }

  for (const example of ['kavenegar', 'vonage'])
    it(`comes to the same when it is read again, so that nothing is opened anew (${example})`, () => {
      const [first, second] = [0, 1].map(() =>
        readOperatorsFile(`docs/operators/${example}.yml`, () => 'a-secret-of-theirs'),
      )
      assert.ok(first && 'operators' in first)
      assert.deepEqual(second, first)
    })

  it('tells operators at Twilio apart by their callbacks', () => {
    ENVIRONMENT['TOKEN'] = 'token'
    const operator = (name: string, query: string) => `
  - name: ${name}
    protocol: twilio
    account_sid: AC${'0'.repeat(32)}
    auth_token: \${TOKEN}
    status_callback: https://sms.example/webhooks/twilio${query}`
    const text = (query: string) => `operators:${operator('first', '')}${operator('second', query)}`
    assert.deepEqual(faultsOf(text('')), [
      'operators.1.status_callback: is that of another operator: add a query of its own (line 11)',
    ])
    assert.ok('operators' in read(text('?operator=second')))
  })

  it('says that it cannot be read', () => {
    assert.deepEqual(readOperatorsFile(join(folder, 'missing.yml')), { faults: ['cannot be read: ENOENT'] })
  })
})
