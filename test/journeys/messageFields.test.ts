import assert from 'node:assert/strict'
import { sql } from 'kysely'
import { audit } from '../../src/audit/index.ts'
import { changeCustomer } from '../../src/accounts/index.ts'
import type { Customer } from '../../src/accounts/index.ts'
import { identifierToBytes } from '../../src/primitives/identifier.ts'
import { ACTOR, contextOf, newCustomer, newKey } from '../accounts/arrangeAccounts.ts'
import { balanceOf, countRows, fund, look } from '../support/arrange.ts'
import { call } from '../support/api.ts'
import { startTestEngine } from '../support/engine.ts'
import type { TestEngine } from '../support/engine.ts'
import { eventually } from '../support/eventually.ts'

const DEPOSIT = 1_000

describe('what a message of /v1 may say', () => {
  let engine: TestEngine
  let customer: Customer
  let key: string
  before(async () => {
    engine = await startTestEngine({ env: { DEFAULT_REGION: 'IR' } })
    customer = await newCustomer(engine.db)
    key = (await newKey(engine.db, customer.userId)).text
    await fund(engine.db, customer.userId, DEPOSIT)
  })
  after(() => engine.stop())

  const send = (body: object) => call(engine.url, 'POST', '/v1/messages', { key, body })
  const read = async (path: string) => (await call(engine.url, 'GET', path, { key })).body
  const accepted = async (body: object) => {
    const { status, text, body: answer } = await send(body)
    assert.equal(status, 202, text)
    return String(answer['message_id'])
  }

  it('reaches the operator, and is shown and found again', async () => {
    const id = await accepted({
      ...{ to: ['0912 000 0001', '+989120000002'], text: 'hi', from: 'My Shop', tags: ['shop', 'parcel'] },
      ...{ client_reference: 'order 1843', expires_in_seconds: 300 },
    })
    await accepted({ to: '+989120000003', text: 'hi' })
    await engine.drain()
    const senders = await Promise.all(
      [1, 2].map(async (no) => (await engine.operatorA.admin.submission(`${id}:${no}`)).from),
    )
    assert.deepEqual(senders, ['My Shop', 'My Shop'])
    const message = await read(`/v1/messages/${id}`)
    assert.deepEqual(
      ['status', 'from', 'client_reference', 'tags', 'to', 'to_given'].map((name) => message[name]),
      [
        ...['SENT', 'My Shop', 'order 1843', ['shop', 'parcel']],
        ...[
          ['+989120000001', '+989120000002'],
          ['0912 000 0001', null],
        ],
      ],
    )
    const lasts = Date.parse(String(message['expires_at'])) - Date.parse(String(message['created_at']))
    assert.equal(lasts, 300_000)
    for (const filter of [
      'client_reference=order%201843',
      'tag=parcel',
      'to=09120000001',
      'to=%2B989120000002',
    ])
      assert.deepEqual((await read(`/v1/messages?${filter}`))['messages'], [message], filter)
    const { recipients } = await read(`/v1/messages/${id}/recipients`)
    assert.deepEqual(
      (recipients as { to_given: unknown }[]).map(({ to_given }) => to_given),
      ['0912 000 0001', null],
    )
  })

  it('ends it as expired when its time is over before an operator is called, refunded once', async () => {
    const before = await balanceOf(engine.db, customer.userId)
    await engine.operatorA.admin.behave({ outage: 'http503' })
    await engine.operatorB.admin.behave({ outage: 'http503' })
    const id = await accepted({ to: '+989120000001', text: 'hi', expires_in_seconds: 60 })
    await eventually('an attempt failed', async () => {
      return (await read(`/v1/messages/${id}`))['status'] === 'FAILED_TEMP'
    })
    await look(
      engine.db,
      sql`UPDATE sms_requests SET expires_at = NOW(3) WHERE sms_identifier = ${identifierToBytes(id)}`,
    )
    // A try that read the old time is at an operator that is away.
    await engine.drain()
    await engine.operatorA.admin.behave({})
    await engine.operatorB.admin.behave({})
    const message = await read(`/v1/messages/${id}`)
    assert.deepEqual(
      [message['status'], message['error'], message['provider']],
      ['FAILED_PERM', { code: 'expired', detail: 'expired' }, null],
    )
    assert.equal(await balanceOf(engine.db, customer.userId), before)
    assert.equal((await engine.operatorA.admin.submission(`${id}:1`)).taken, 0)
  })

  it('says what is done while it is not known whether it was sent, or its customer says it, when it is accepted', async () => {
    const onUnknownOf = async (id: string) => (await read(`/v1/messages/${id}`))['on_unknown']
    const before = await accepted({ to: '+989120000001', text: 'hi' })
    assert.equal(await onUnknownOf(before), null)
    await changeCustomer(contextOf(engine.db), customer.publicId, { onUnknown: 'hold' }, ACTOR)
    await eventually('the change is seen', async () => {
      return (await onUnknownOf(await accepted({ to: '+989120000001', text: 'hi' }))) === 'hold'
    })
    assert.equal(
      await onUnknownOf(await accepted({ to: '+989120000001', text: 'hi', on_unknown: 'retry' })),
      'retry',
    )
    const messages = [
      { to: '+989120000001', text: 'hi' },
      { to: '+989120000001', text: 'hi', on_unknown: 'retry' },
    ]
    const bulk = await call(engine.url, 'POST', '/v1/messages/bulk', { key, body: { messages } })
    const results = bulk.body['results'] as { message_id: string }[]
    assert.deepEqual(await Promise.all(results.map((one) => onUnknownOf(one.message_id))), ['hold', 'retry'])
    await changeCustomer(contextOf(engine.db), customer.publicId, { onUnknown: null }, ACTOR)
    assert.equal(await onUnknownOf(results[0]?.message_id ?? ''), 'hold')
    assert.equal((await send({ to: '+989120000001', text: 'hi', on_unknown: 'never' })).status, 400)
    await engine.drain()
  })

  it('is held by default without an answer, until the operator says that it has it', async () => {
    for (const { admin } of [engine.operatorA, engine.operatorB])
      await admin.behave({ dropAfterAcceptRate: 1, statusRoute: 'forgets' })
    const id = await accepted({ to: '+989120000001', text: 'hi' })
    await eventually('it is held', async () => (await read(`/v1/messages/${id}`))['status'] === 'FAILED_TEMP')
    const { error } = await read(`/v1/messages/${id}`)
    assert.deepEqual(error, { code: 'possibly_sent', detail: 'it does not know' })
    for (const { admin } of [engine.operatorA, engine.operatorB]) await admin.behave({})
    await engine.drain()
    const message = await read(`/v1/messages/${id}`)
    assert.deepEqual([message['status'], message['possible_duplicate']], ['SENT', undefined])
    const taken = await Promise.all(
      [engine.operatorA, engine.operatorB].map(
        async ({ admin }) => (await admin.submission(`${id}:1`).catch(() => ({ taken: 0 }))).taken,
      ),
    )
    assert.equal(taken[0]! + taken[1]!, 1)
    const { attempts } = await read(`/v1/messages/${id}/attempts`)
    const results = (attempts as { result: string }[]).map(({ result }) => result)
    assert.deepEqual([results[0], results[1], results.at(-1)], ['unknown', 'asked', 'accepted'])
  })

  it('changes nothing when it names a sender that the customer may not name', async () => {
    await changeCustomer(contextOf(engine.db), customer.publicId, { allowedSenders: ['My Shop'] }, ACTOR)
    const other = { to: '+989120000001', text: 'hi', from: 'Other' }
    await eventually('the change is seen', async () => (await send(other)).code === 'sender_not_allowed')
    // What was accepted before the change was seen.
    await engine.drain()
    const before = await countRows(engine.db)
    assert.equal((await send(other)).status, 403)
    assert.deepEqual(await countRows(engine.db), before)
    await accepted({ ...other, from: 'My Shop' })
    await engine.drain()
  })

  it('leaves the books balanced', async () => {
    assert.deepEqual((await audit(engine.db)).violations, [])
  })
})
