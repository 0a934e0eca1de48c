import assert from 'node:assert/strict'
import request from 'supertest'
import { sql } from 'kysely'
import { read } from '../../src/platform/db/index.ts'
import { recipients, send, topUp } from '../support/api.ts'
import type { BalanceBody, HistoryBody } from '../support/api.ts'
import { startTestEngine } from '../support/engine.ts'
import type { TestEngine } from '../support/engine.ts'

/** What the whole database holds, to see that a refusal changed nothing. */
async function contents(engine: TestEngine): Promise<unknown> {
  return read(engine.db, 'test.contents', async (reader) => {
    const { rows } = await sql`SELECT
      (SELECT COALESCE(SUM(balance), 0) FROM user_balances) AS balances,
      (SELECT COUNT(*) FROM user_balances) AS customers,
      (SELECT COUNT(*) FROM user_transactions) AS transactions,
      (SELECT COUNT(*) FROM sms_requests) AS requests,
      (SELECT COUNT(*) FROM sms_status) AS recipients`.execute(reader)
    return rows[0]
  })
}

describe('the API, as the public contract has it', () => {
  let engine: TestEngine
  before(async () => {
    engine = await startTestEngine()
    await topUp(engine.url, 1, 1_000)
  })
  after(() => engine.stop())

  const api = () => request(engine.url)
  const valid = { customer_id: 1, text: 'hi', recipients: ['09128582812', '091285284834'], type: 'normal' }

  it('answers the four examples of the contract', async () => {
    const sent = await api().post('/sms/send').send(valid).expect(200)
    const { sms_identifier, ...rest } = sent.body as { sms_identifier: string }
    assert.match(sms_identifier, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    assert.deepEqual(rest, { status: 'processing', recipients: 2, cost: 2 })

    const sample = 'user_id=1&status=pending&sms_identifier=88636fb2-dd01-42a4-a718-1fe200683a45'
    const unknown = await api().get(`/sms/history?${sample}`).expect(200)
    assert.deepEqual(unknown.body, { history: [], next_cursor: null })

    const added = await api()
      .post('/balance/add')
      .send({ user_id: 1, balance: 100, description: 'top-up' })
      .expect(200)
    const { transaction_id, ...money } = added.body as { transaction_id: string }
    assert.deepEqual(money, { user_id: 1, balance: 1_098 })

    const balance = (await api().get('/balance?user_id=1').expect(200)).body as BalanceBody
    assert.equal(balance.balance, 1_098)
    assert.equal(balance.transactions[0]?.transaction_id, transaction_id)
    assert.equal(
      balance.transactions.reduce((sum, { amount }) => sum + amount, 0),
      1_098,
    )
  })

  it('removes equal recipients, whose digits count, and charges those that are left', async () => {
    const twice = ['+989120000001', '989120000001', '09120000001', '09120000001']
    const { body } = await api()
      .post('/sms/send')
      .send({ ...valid, recipients: twice })
      .expect(200)
    assert.deepEqual([body.recipients, body.cost], [2, 2])
    await engine.drain()
    const history = (await api().get(`/sms/history?user_id=1&sms_identifier=${body.sms_identifier}`))
      .body as HistoryBody
    assert.deepEqual(history.history.map(({ recipient }) => recipient).sort(), [
      '+989120000001',
      '09120000001',
    ])
  })

  it('shows an unknown customer as empty, without an error', async () => {
    assert.deepEqual((await api().get('/balance?user_id=999').expect(200)).body, {
      balance: 0,
      transactions: [],
      next_cursor: null,
    })
    assert.deepEqual((await api().get('/sms/history?user_id=999').expect(200)).body, {
      history: [],
      next_cursor: null,
    })
  })

  it('answers 402 with the cost, the balance and the shortfall, and changes nothing', async () => {
    await topUp(engine.url, 7, 5)
    const before = await contents(engine)
    for (const [customer_id, balance] of [
      [7, 5],
      [998, 0],
    ]) {
      const { body } = await api()
        .post('/sms/send')
        .send({ ...valid, customer_id, type: 'express' })
        .expect(402)
        .expect('content-type', /^application\/problem\+json/)
      assert.deepEqual(
        [body.code, body.cost, body.balance, body.shortfall],
        ['insufficient_balance', 6, balance, 6 - Number(balance)],
      )
    }
    assert.deepEqual(await contents(engine), before)
  })

  const refusals: [string, string, object | string, number, string | undefined][] = [
    ['malformed JSON', '/sms/send', '{"customer_id":1,', 400, undefined],
    ['a missing customer', '/sms/send', { ...valid, customer_id: undefined }, 400, 'customer_id'],
    ['a mistyped customer', '/sms/send', { ...valid, customer_id: '1' }, 400, 'customer_id'],
    ['a negative customer', '/sms/send', { ...valid, customer_id: -1 }, 400, 'customer_id'],
    [
      'an unsafe customer',
      '/sms/send',
      `{"customer_id":9007199254740993,"text":"a","recipients":["09121"],"type":"normal"}`,
      400,
      'customer_id',
    ],
    ['no recipients', '/sms/send', { ...valid, recipients: [] }, 400, 'recipients'],
    [
      'a recipient in an array of its own',
      '/sms/send',
      { ...valid, recipients: [['09121']] },
      400,
      'recipients[0]',
    ],
    ['too many recipients', '/sms/send', { ...valid, recipients: recipients(10_001) }, 400, 'recipients'],
    [
      'a recipient that is not a number',
      '/sms/send',
      { ...valid, recipients: ['09121', 'abc'] },
      400,
      'recipients[1]',
    ],
    ['an empty text', '/sms/send', { ...valid, text: '' }, 400, 'text'],
    ['a text of 1,601 characters', '/sms/send', { ...valid, text: 'x'.repeat(1_601) }, 400, 'text'],
    ['a text with NUL', '/sms/send', { ...valid, text: 'a\0b' }, 400, 'text'],
    [
      'half a surrogate pair',
      '/sms/send',
      `{"customer_id":1,"text":"\\ud800","recipients":["09121"],"type":"normal"}`,
      400,
      'text',
    ],
    ['an unknown type', '/sms/send', { ...valid, type: 'urgent' }, 400, 'type'],
    ['a negative balance', '/balance/add', { user_id: 1, balance: -5 }, 400, 'balance'],
    ['a fractional balance', '/balance/add', { user_id: 1, balance: 1.5 }, 400, 'balance'],
    ['a huge balance', '/balance/add', { user_id: 1, balance: 1e300 }, 400, 'balance'],
    [
      'a balance beyond what can be kept',
      '/balance/add',
      { user_id: 1, balance: Number.MAX_SAFE_INTEGER },
      409,
      undefined,
    ],
    ['a body above the limit', '/sms/send', { ...valid, text: 'x'.repeat(1_100_000) }, 413, undefined],
  ]
  for (const [what, path, body, status, field] of refusals) {
    it(`answers ${status} to ${what}, and changes nothing`, async () => {
      const before = await contents(engine)
      const answer = await api().post(path).set('content-type', 'application/json').send(body)
      const problem = answer.body as {
        status: number
        code: string
        request_id: string
        errors?: { field: string }[]
      }
      assert.equal(answer.status, status)
      assert.match(answer.headers['content-type'] ?? '', /^application\/problem\+json/)
      assert.ok(problem.code && problem.request_id)
      if (field !== undefined) assert.equal(problem.errors?.[0]?.field, field)
      assert.deepEqual(await contents(engine), before)
    })
  }

  it('takes a text of 1,600 characters that lie beyond the basic plane', async () => {
    const { body } = await api()
      .post('/sms/send')
      .send({ ...valid, text: '😀'.repeat(1_600) })
      .expect(200)
    await engine.drain()
    const answer = await api().get(`/sms/history?user_id=1&sms_identifier=${body.sms_identifier}`)
    assert.deepEqual(
      (answer.body as HistoryBody).history.map(({ status }) => status),
      ['done', 'done'],
    )
  })

  it('takes 10,000 recipients in one request, and pages through them, each once', async () => {
    await topUp(engine.url, 20, 10_000)
    await send(engine.url, { customer_id: 20, recipients: recipients(10_000) })
    await engine.drain()
    const seen = new Set<string>()
    let cursor: string | null = ''
    while (cursor !== null) {
      const page = (
        await api().get(
          `/sms/history?user_id=20&status=done&limit=1000&cursor=${cursor}`.replace(/&cursor=$/, ''),
        )
      ).body as HistoryBody
      for (const { recipient } of page.history) {
        assert.ok(!seen.has(recipient))
        seen.add(recipient)
      }
      cursor = page.next_cursor
    }
    assert.equal(seen.size, 10_000)
  })

  for (const [what, path] of [
    ['an unknown status', '/sms/history?user_id=1&status=lost'],
    ['a broken cursor', '/sms/history?user_id=1&cursor=xyz'],
    [
      'a cursor of another list',
      `/balance?user_id=1&cursor=${Buffer.from('history1 a 1').toString('base64url')}`,
    ],
    ['an identifier that is not a UUID', '/sms/history?user_id=1&sms_identifier=123'],
    ['a customer that is not a number', '/balance?user_id=one'],
    ['no customer', '/balance'],
    ['a limit of 0', '/balance?user_id=1&limit=0'],
    ['a limit of 1,001', '/balance?user_id=1&limit=1001'],
  ]) {
    it(`answers 400 to ${what}`, async () => {
      const { body } = await api()
        .get(path ?? '')
        .expect(400)
      assert.ok((body as { code: string }).code)
    })
  }

  it('answers 404 to an unknown route, 405 with Allow to a wrong method, 415 to another content type', async () => {
    await api().get('/sms').expect(404)
    const { headers } = await api().get('/sms/send').expect(405)
    assert.deepEqual(headers['allow']?.split(', ').sort(), ['OPTIONS', 'POST'])
    await api().post('/sms/send').set('content-type', 'text/plain').send('hi').expect(415)
  })

  it('serves its description, a page to read it, health and metrics', async () => {
    const page = await api().get('/swagger/index.html').expect(200)
    assert.doesNotMatch(page.text, /https?:\/\//)
    const description = (await api().get('/openapi.json').expect(200)).body as { paths: object }
    assert.ok('/sms/send' in description.paths)
    assert.equal(((await api().get('/healthz').expect(200)).body as { version: string }).version, '0.1.0')
    assert.match((await api().get('/metrics').expect(200)).text, /chapar_accept_decisions_total/)
  })
})
