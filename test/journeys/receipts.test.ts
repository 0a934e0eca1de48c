import assert from 'node:assert/strict'
import { newCustomer, newKey } from '../accounts/arrangeAccounts.ts'
import { call } from '../support/api.ts'
import type { Called } from '../support/api.ts'
import { fund } from '../support/arrange.ts'
import { eventually } from '../support/eventually.ts'
import { startTestEngine } from '../support/engine.ts'
import type { TestEngine } from '../support/engine.ts'

const ADMIN_KEY = 'the-admin-key-of-the-journey-of-receipts'
const SECRET = 'the-secret-of-both-operators'
const BEARER = { authorization: `Bearer ${SECRET}` }

describe('receipts of an engine at work', () => {
  let engine: TestEngine
  let key: string
  before(async () => {
    engine = await startTestEngine({ env: { ADMIN_API_KEY: ADMIN_KEY, RECEIPTS_SECRET: SECRET } })
    await fund(engine.db, 1, 100)
    await newCustomer(engine.db, 'One', 1)
    key = (await newKey(engine.db, 1)).text
  })
  after(() => engine.stop())

  const report = (receipts: object, headers: Record<string, string> = BEARER): Promise<Called> =>
    call(engine.url, 'POST', '/operators/operator-a/receipts', { body: receipts, headers })
  const read = (path: string, as = key) => call(engine.url, 'GET', path, { key: as })
  const send = async (): Promise<string> => {
    const { body } = await call(engine.url, 'POST', '/v1/messages', {
      key,
      body: { to: '+989120000001', text: 'hi' },
    })
    await engine.drain()
    return String(body['message_id'])
  }
  const statusOf = async (id: string) => (await read(`/v1/messages/${id}`)).body

  it('show a message as delivered on every route', async () => {
    const id = await send()
    assert.equal((await statusOf(id))['status'], 'SENT')
    const { status, body } = await report({ reference: `${id}:1`, status: 'delivered' })
    assert.deepEqual([status, body], [200, { status: 'stored' }])
    await eventually('it is delivered', async () => (await statusOf(id))['status'] === 'DELIVERED')
    const { body: page } = await read(`/sms/history?user_id=1&sms_identifier=${id}`)
    const [item] = page['history'] as { status: string; delivery_status: string }[]
    assert.deepEqual([item?.status, item?.delivery_status], ['done', 'delivered'])
  })

  it('show why one was not delivered', async () => {
    const id = await send()
    await report([{ reference: `${id}:1`, status: 'EXPIRED', error_code: '27' }])
    await eventually('it has failed', async () => (await statusOf(id))['status'] === 'FAILED_PERM')
    assert.deepEqual((await statusOf(id))['error'], { code: 'undelivered', detail: 'expired: 27' })
    assert.equal((await read('/balance?user_id=1')).body['balance'], 98)
  })

  it('that match nothing are listed while they wait', async () => {
    const receipt = { message_id: 'of-nobody', status: 'delivered', done_at: '2026-01-19T08:31:04Z' }
    await report(receipt)
    const listed = async (state: string) =>
      (await read(`/v1/admin/receipts?state=${state}`, ADMIN_KEY)).body['receipts'] as Record<
        string,
        unknown
      >[]
    await eventually(
      'it was tried',
      async () => (await listed('waiting'))[0]?.['reason'] === 'matches no message',
    )
    const [row] = await listed('waiting')
    assert.deepEqual(
      [row?.['operator'], row?.['raw'], row?.['receipts']],
      [
        'operator-a',
        JSON.stringify(receipt),
        [
          {
            ...{ reference: null, message_id: 'of-nobody', verdict: 'delivered', error_code: null },
            done_at: '2026-01-19T08:31:04.000Z',
          },
        ],
      ],
    )
    assert.deepEqual(await listed('orphan'), [])
    assert.equal(await engine.metric('chapar_receipts_total{operator="operator-a",result="applied"}'), 2)
  })

  it('are refused from strangers, before their body is read, and when they are none', async () => {
    for (const headers of [{}, { authorization: 'Bearer wrong' }] as Record<string, string>[])
      assert.equal((await report({}, headers)).code, 'invalid_secret')
    assert.equal((await report([])).code, 'malformed_receipts')
    const stranger = await call(engine.url, 'POST', '/operators/operator-c/receipts', {
      body: {},
      headers: BEARER,
    })
    assert.deepEqual([stranger.status, stranger.code], [401, 'invalid_secret'])
  })
})
