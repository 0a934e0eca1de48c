import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { ConfigFault } from '../../src/platform/config/index.ts'
import { describeSettings, loadConfig } from '../../src/roles/config.ts'
import { operatorOf } from '../operators/operatorOf.ts'

const ENOUGH = {
  DATABASE_URL: 'mysql://chapar:secret@127.0.0.1:3306/chapar',
  AMQP_URL: 'amqp://guest:guest@127.0.0.1:5672',
  OPERATOR_A_URL: 'http://127.0.0.1:9001',
  OPERATOR_B_URL: 'http://127.0.0.1:9002',
}

/** @returns the faults that the settings, added to those that are enough, are refused with. */
function faultsOf(env: Record<string, string | undefined>): string[] {
  try {
    loadConfig({ ...ENOUGH, ...env })
    return []
  } catch (error) {
    assert.ok(error instanceof ConfigFault)
    return error.faults
  }
}

function refuses(env: Record<string, string | undefined>, ...faults: RegExp[]) {
  const found = faultsOf(env)
  assert.equal(found.length, faults.length, found.join('\n'))
  faults.forEach((fault, index) => assert.match(found[index] ?? '', fault))
}

describe('the configuration', () => {
  it('has defaults for all but the servers', () => {
    assert.deepEqual(loadConfig(ENOUGH), {
      roles: ['api', 'relay', 'consumer'],
      apiProcesses: 1,
      batchSizeMax: 2_000,
      acceptLanes: 1,
      databaseUrl: ENOUGH.DATABASE_URL,
      amqpUrl: ENOUGH.AMQP_URL,
      listen: { host: '127.0.0.1', port: 8080 },
      tls: undefined,
      readsAgain: false,
      metricsListen: undefined,
      localOnly: true,
      access: { isOpen: true, adminKey: undefined, trustedProxies: [] },
      testOperatorUrl: undefined,
      currency: 'USD',
      operators: [
        operatorOf({ name: 'operator-a', url: ENOUGH.OPERATOR_A_URL, connections: 32 }),
        operatorOf({ name: 'operator-b', url: ENOUGH.OPERATOR_B_URL, connections: 32 }),
      ],
      routes: [],
      operatorsFile: undefined,
      testOperator: undefined,
      operatorConcurrency: 16,
      operatorBatchMax: 100,
      normalOrder: 'fair',
      retention: { kept: {}, archiveFolder: undefined, numberKey: undefined },
      retry: {
        normal: { minDelayMs: 15_000, maxDelayMs: 1_800_000, factor: 2, attemptsMax: 10 },
        express: { minDelayMs: 1_000, maxDelayMs: 10_000, factor: 2, attemptsMax: 20 },
      },
      validityMs: { normal: 86_400_000, express: 120_000 },
      expressGuaranteedWithinMs: 2_000,
      onUnknown: null,
      unknownSubmissionsMax: { normal: 3, express: 2 },
      prices: { normal: 1, express: 3 },
      queues: { normal: 'sms.normal', express: 'sms.express' },
      limits: { recipientsMax: 10_000, textCharsMax: 1_600, partsMax: 10 },
      requestsLimit: { units: 100, windowSeconds: 1, burst: 200 },
      bodyBytesMax: 1_048_576,
      backlogAgeMaxMs: undefined,
      webhooks: { allowsPrivate: false },
      exports: { folder: undefined, keepDays: 7, rowsPerSecond: 10_000, rowsMax: 10_000_000 },
      db: { maxOpenConns: 50, maxIdleConns: 25, connMaxLifetimeSeconds: 300 },
      shutdownDeadlineMs: 20_000,
      logLevel: 'info',
    })
  })

  it('is read whole', () => {
    const config = loadConfig({
      ...ENOUGH,
      ROLE: 'consumer, API',
      LISTEN_ADDR: '[::1]:9000',
      PORT: '9100',
      RETRY_MIN_DELAY: '1m',
      RETRY_FACTOR: '1.5',
      MAX_ATTEMPTS: '7',
      RETRY_EXPRESS_MAX_DELAY: '20s',
      RETRY_EXPRESS_MAX_ATTEMPTS: '8',
      VALIDITY_NORMAL: '72h',
      ON_UNKNOWN: 'hold',
      RECIPIENT_PATTERN: '09[0-9]+|\\+98[0-9]+',
      DEFAULT_REGION: 'IR',
      MESSAGE_PARTS_MAX: '3',
      LOG_LEVEL: 'DEBUG',
      DB_CONN_MAX_LIFETIME_SEC: '60',
    })
    assert.deepEqual(config.roles, ['api', 'consumer'])
    assert.deepEqual(config.listen, { host: '::1', port: 9100 })
    assert.deepEqual(config.retry, {
      normal: { minDelayMs: 60_000, maxDelayMs: 1_800_000, factor: 1.5, attemptsMax: 7 },
      express: { minDelayMs: 1_000, maxDelayMs: 20_000, factor: 1.5, attemptsMax: 8 },
    })
    assert.deepEqual(config.validityMs, { normal: 259_200_000, express: 120_000 })
    assert.equal(config.onUnknown, 'hold')
    assert.equal(config.logLevel, 'debug')
    assert.equal(config.db.connMaxLifetimeSeconds, 60)
    assert.equal(config.limits.region, 'IR')
    assert.equal(config.limits.partsMax, 3)
    const pattern = config.limits.recipientPattern
    assert.deepEqual(
      ['0912', '+98912', '1230912', '0912x'].map((number) => pattern?.test(number)),
      [true, true, false, false],
    )
  })

  it('reports every fault at once, one line each', () => {
    const env = {
      PORT: '65536',
      PRICE_NORMAL: '0',
      DATABSE_URL: 'mysql://x/y',
      ROLE: 'relay',
      DB_MAX_OPEN_CONNS: '5',
      LOG_LEVEL: 'loud',
    }
    try {
      loadConfig(env)
      assert.fail('accepted')
    } catch (error) {
      assert.ok(error instanceof ConfigFault)
      const lines = error.message.split('\n')
      assert.equal(lines.length, 1 + error.faults.length)
      for (const fault of [
        /DATABASE_URL is required/,
        /AMQP_URL is required with the roles relay and consumer/,
        /DB_MAX_OPEN_CONNS must be at least 6 with the roles relay and consumer/,
        /PORT must be a whole number from 0 to 65535, is "65536"/,
        /PRICE_NORMAL must be a whole number from 1/,
        /LOG_LEVEL must be one of error, warn, info, debug, is "loud"/,
        /DATABSE_URL is not a setting; did you mean DATABASE_URL\?/,
      ]) {
        assert.equal(lines.filter((line) => fault.test(line)).length, 1, String(fault))
      }
      assert.equal(error.faults.length, 7)
    }
  })

  it('needs the operators in a consumer, and nowhere else', () => {
    const without = { OPERATOR_A_URL: undefined, OPERATOR_B_URL: '' }
    refuses({ ...without, ROLE: 'consumer' }, /OPERATOR_A_URL is required/)
    refuses({ ...without, ROLE: 'api,relay' })
    refuses({ OPERATOR_A_URL: 'ftp://x' }, /OPERATOR_A_URL must look like http or https/)
  })

  it('reads the operators from a file instead, and reports its faults with its own', () => {
    const folder = mkdtempSync(join(tmpdir(), 'chapar-config-'))
    const path = join(folder, 'operators.yml')
    const without = { ...ENOUGH, OPERATOR_A_URL: '', OPERATOR_B_URL: '', OPERATORS_FILE: path }
    writeFileSync(path, 'operators: [{ name: only, url: "http://operator" }]')
    assert.deepEqual(loadConfig(without).operators, [
      operatorOf({ name: 'only', url: 'http://operator', connections: 32 }),
    ])
    refuses({ OPERATORS_FILE: path }, /OPERATORS_FILE replaces OPERATOR_A_URL/)
    writeFileSync(path, 'operators: [{ name: only, url: "ftp://operator" }]')
    refuses(
      { ...without, PORT: 'x' },
      /PORT must be/,
      /OPERATORS_FILE operators\.0\.url: must look like http/,
    )
    rmSync(folder, { recursive: true })
  })

  it('takes receipts of the operators by one secret, in the api and in a consumer', () => {
    const secret = 'sixteen-letters!'
    for (const ROLE of ['api', 'consumer', 'api,relay,consumer']) {
      const { operators } = loadConfig({ ...ENOUGH, ROLE, RECEIPTS_SECRET: secret })
      assert.deepEqual(
        operators.map((each) => each.protocol === 'chapar-http' && each.receipts?.secret),
        [secret, secret],
      )
    }
    assert.deepEqual(
      loadConfig(ENOUGH).operators.map((each) => each.protocol === 'chapar-http' && each.receipts),
      [undefined, undefined],
    )
    assert.doesNotMatch(faultsOf({ RECEIPTS_SECRET: 'hunter2' }).join(), /hunter2/)
  })

  it('does without operator B', () => {
    assert.deepEqual(
      loadConfig({ ...ENOUGH, OPERATOR_B_URL: '' }).operators.map(({ name }) => name),
      ['operator-a'],
    )
  })

  it('has an operator for test messages where it is given one, and none in a relay', () => {
    const url = 'http://127.0.0.1:9003'
    const { testOperator, testOperatorUrl } = loadConfig({ ...ENOUGH, TEST_OPERATOR_URL: url })
    assert.deepEqual(testOperator, operatorOf({ name: 'operator-test', url, connections: 32 }))
    assert.equal(testOperatorUrl, url)
    const relay = loadConfig({ ...ENOUGH, ROLE: 'relay', TEST_OPERATOR_URL: url })
    assert.deepEqual([relay.testOperator, relay.testOperatorUrl], [undefined, url])
  })

  it('takes no live operator for test messages, by its address or by its name', () => {
    for (const written of [ENOUGH.OPERATOR_B_URL, `${ENOUGH.OPERATOR_B_URL}/`])
      refuses({ TEST_OPERATOR_URL: written }, /TEST_OPERATOR_URL must not be the address/)
    const folder = mkdtempSync(join(tmpdir(), 'chapar-config-'))
    const path = join(folder, 'operators.yml')
    writeFileSync(path, 'operators: [{ name: operator-test, url: "http://operator" }]')
    const env = { ...ENOUGH, OPERATOR_A_URL: '', OPERATOR_B_URL: '', OPERATORS_FILE: path }
    refuses(env, /OPERATORS_FILE operators\.0\.name: is the name of the operator at TEST_OPERATOR_URL/)
    rmSync(folder, { recursive: true })
  })

  it('needs the broker and connections for both classes with the roles that work, and nowhere else', () => {
    for (const ROLE of ['relay', 'consumer', 'api,relay'])
      refuses(
        { ROLE, AMQP_URL: '', DB_MAX_OPEN_CONNS: '5' },
        /^AMQP_URL is required/,
        /^DB_MAX_OPEN_CONNS must/,
      )
    refuses({ ROLE: 'api', AMQP_URL: '', DB_MAX_OPEN_CONNS: '2' })
  })

  it('counts an empty variable as not set', () => {
    assert.equal(loadConfig({ ...ENOUGH, PORT: '', LOG_LEVEL: ' ', RECIPIENT_PATTERN: '' }).listen.port, 8080)
    refuses({ DATABASE_URL: '' }, /DATABASE_URL is required/)
  })

  it('never repeats an address that may hold a password', () => {
    for (const DATABASE_URL of [
      'postgres://u:secret@h/d',
      'mysql://u:secret@h:3306',
      'u:secret',
      'mysql://u:secret@h/',
    ]) {
      const found = faultsOf({ DATABASE_URL })
      assert.equal(found.length, 1)
      assert.match(found[0] ?? '', /^DATABASE_URL must look like mysql/)
      assert.doesNotMatch(found[0] ?? '', /secret/)
    }
    refuses({ AMQP_URL: 'http://u:secret@h' }, /^AMQP_URL must look like amqp or amqps:\/\/host:port$/)
  })

  for (const [name, value] of [
    ['ROLE', 'worker'],
    ['ROLE', 'api,,relay'],
    ['PORT', '-1'],
    ['PORT', '80a'],
    ['LISTEN_ADDR', '8080'],
    ['LISTEN_ADDR', '127.0.0.1'],
    ['LISTEN_ADDR', '127.0.0.1:70000'],
    ['LISTEN_ADDR', '[nonsense]:80'],
    ['DB_MAX_OPEN_CONNS', '1.5'],
    ['RETRY_MIN_DELAY', '30 days'],
    ['RETRY_MIN_DELAY', '-1s'],
    ['RETRY_MIN_DELAY', '0s'],
    ['RETRY_MAX_DELAY', '7h'],
    ['RETRY_FACTOR', '0.5'],
    ['RETRY_FACTOR', '1e1'],
    ['MAX_ATTEMPTS', '0'],
    ['RETRY_EXPRESS_MIN_DELAY', '5'.repeat(30)],
    ['RETRY_EXPRESS_MAX_ATTEMPTS', '2.5'],
    ['VALIDITY_NORMAL', '8d'],
    ['VALIDITY_EXPRESS', '500ms'],
    ['RECIPIENT_PATTERN', '('],
    ['DEFAULT_REGION', 'ir'],
    ['DEFAULT_REGION', 'XX'],
    ['MESSAGE_PARTS_MAX', '11'],
    ['NORMAL_QUEUE', 'a b'],
    ['EXPRESS_QUEUE', 'x'.repeat(201)],
    ['TEXT_CHARS_MAX', '1601'],
    ['RECIPIENTS_MAX', '0'],
    ['ALLOW_UNAUTHENTICATED', 'true'],
    ['ADMIN_API_KEY', 'x'.repeat(31)],
    ['ADMIN_API_KEY', 'x'.repeat(201)],
    ['ADMIN_API_KEY', `${'x'.repeat(16)} ${'x'.repeat(16)}`],
    ['TRUSTED_PROXIES', '10.0.0.0/33'],
    ['TRUSTED_PROXIES', '10.0.0.1,proxy'],
    ['TEST_OPERATOR_URL', 'operator'],
    ['CURRENCY', 'usd'],
  ] as const) {
    it(`refuses ${name}=${value.slice(0, 20)}`, () =>
      refuses({ [name]: value }, new RegExp(`^${name} must `)))
  }

  it('refuses one queue for both classes', () => {
    refuses({ NORMAL_QUEUE: 'q', EXPRESS_QUEUE: 'q' }, /EXPRESS_QUEUE must not be NORMAL_QUEUE/)
  })

  it('keeps messages for longer than one may wait for its time and be valid, and the ledger for longer', () => {
    refuses(
      { RETENTION_MESSAGES: '35' },
      /^RETENTION_MESSAGES must be at least 36: a message may be scheduled 35/,
    )
    refuses({ RETENTION_MESSAGES: '37', VALIDITY_NORMAL: '49h' }, /^RETENTION_MESSAGES must be at least 38/)
    refuses(
      { RETENTION_MESSAGES: '36', RETENTION_LEDGER: '35' },
      /^RETENTION_LEDGER needs RETENTION_MESSAGES and must not be below it$/,
    )
    refuses({ RETENTION_LEDGER: '365' }, /^RETENTION_LEDGER needs RETENTION_MESSAGES/)
    refuses({ RETENTION_TEXTS: '7' }, /^RETENTION_TEXTS_KEY is required with RETENTION_TEXTS/)
    const { kept } = loadConfig({ ...ENOUGH, RETENTION_MESSAGES: '36', RETENTION_LEDGER: '36' }).retention
    assert.deepEqual(kept, { messagesMs: 36 * 86_400_000, ledgerMs: 36 * 86_400_000 })
  })

  it('refuses a longest delay below the first', () => {
    refuses({ RETRY_MAX_DELAY: '10s' }, /^RETRY_MAX_DELAY must not be below RETRY_MIN_DELAY$/)
    refuses({ RETRY_EXPRESS_MIN_DELAY: '1m' }, /^RETRY_EXPRESS_MAX_DELAY must not be below/)
  })

  it('reads durations with and without a unit', () => {
    for (const [text, ms] of [
      ['500ms', 500],
      ['30s', 30_000],
      ['45', 45_000],
      ['2m', 120_000],
      ['1h', 3_600_000],
    ] as const) {
      const env = { ...ENOUGH, RETRY_MIN_DELAY: text, RETRY_MAX_DELAY: '6h' }
      assert.equal(loadConfig(env).retry.normal.minDelayMs, ms)
    }
  })
})

describe('the need for a key', () => {
  const accessOf = (env: Record<string, string>) => {
    const { access, localOnly } = loadConfig({ ...ENOUGH, ...env })
    return { isOpen: access.isOpen, localOnly }
  }

  it('is left out on loopback addresses, where the Host is checked instead', () => {
    for (const LISTEN_ADDR of [
      '127.0.0.1:80',
      '127.3.2.1:80',
      'localhost:80',
      '[::1]:80',
      '[0:0:0:0:0:0:0:1]:80',
    ])
      assert.deepEqual(accessOf({ LISTEN_ADDR }), { isOpen: true, localOnly: true }, LISTEN_ADDR)
  })

  it('is there on every other address', () => {
    for (const LISTEN_ADDR of [
      ':8080',
      '0.0.0.0:80',
      '10.0.0.1:80',
      '[::]:80',
      'example.org:80',
      '127.example.org:80',
    ])
      assert.deepEqual(accessOf({ LISTEN_ADDR }), { isOpen: false, localOnly: false }, LISTEN_ADDR)
  })

  it('is there on loopback too when a proxy in front serves others', () => {
    assert.deepEqual(accessOf({ TRUSTED_PROXIES: '127.0.0.1' }), { isOpen: false, localOnly: false })
  })

  it('is left out elsewhere when that is said explicitly', () => {
    const ALLOW_UNAUTHENTICATED = 'yes-anyone-may-send'
    for (const env of [{ LISTEN_ADDR: ':8080' }, { TRUSTED_PROXIES: '10.0.0.0/8' }, {}])
      assert.deepEqual(accessOf({ ...env, ALLOW_UNAUTHENTICATED }), { isOpen: true, localOnly: false })
  })

  it('never quotes a wrong admin key', () => {
    assert.doesNotMatch(faultsOf({ ADMIN_API_KEY: 'hunter2' }).join(), /hunter2/)
  })
})

describe('the example environment file', () => {
  const text = readFileSync(new URL('../../.env.example', import.meta.url), 'utf8')

  it('names every setting, in order, with its meaning and its default', () => {
    const named = [...text.matchAll(/^#?([A-Z_]+)=(.*)$/gm)]
    const rows = describeSettings()
    assert.deepEqual(
      named.map(([, name]) => name),
      rows.map(({ name }) => name),
    )
    for (const [index, row] of rows.entries()) {
      assert.ok(text.includes(`# ${row.meaning}\n`), `${row.name}: ${row.meaning}`)
      if (row.default !== 'required') assert.equal(named[index]?.[2], row.default || namedExample(row.name))
    }
  })

  it('is a configuration that starts as it is', () => {
    assert.deepEqual(loadConfig(parseEnv(text)).roles, ['api', 'relay', 'consumer'])
  })

  /** Settings without a default show how a value would look. */
  function namedExample(name: string): string | undefined {
    return new RegExp(`^#?${name}=(.+)$`, 'm').exec(text)?.[1]
  }
})
