import assert from 'node:assert/strict'
import { connect } from 'amqplib'
import { sql } from 'kysely'
import { keepActing } from '../../src/ops/index.ts'
import { encodeEnvelope, queuesOf } from '../../src/outbox/index.ts'
import { lockRecipients, quarantine } from '../../src/messages/index.ts'
import { carryOutNext } from '../../src/ops/actions/carryOutNext.ts'
import type { Performers } from '../../src/ops/actions/carryOutNext.ts'
import { OPEN_ACTIONS_MAX, requestAction } from '../../src/ops/actions/requestAction.ts'
import { transact } from '../../src/platform/db/index.ts'
import { balanceOf, fund, look, newIdOf, sendOne } from '../support/arrange.ts'
import { call } from '../support/api.ts'
import { startTestEngine } from '../support/engine.ts'
import type { TestEngine } from '../support/engine.ts'
import { eventually } from '../support/eventually.ts'
import { memoryLog } from '../support/memoryLog.ts'
import { freshStack } from '../support/servers.ts'
import type { Stack } from '../support/servers.ts'
import { ADMIN_KEY, signIn } from './signIn.ts'
import type { SignedIn } from './signIn.ts'

/** A claim whose COMMIT lost its answer ends with its lease of two minutes. */
const AFTER_LEASE_MS = 150_000

describe('an action that is asked for on the operations page', () => {
  let engine: TestEngine
  let page: SignedIn
  before(async () => {
    engine = await startTestEngine({ env: { ADMIN_API_KEY: ADMIN_KEY } })
    page = await signIn(engine.url)
  })
  after(() => engine.stop())

  const ask = (kind: string, input: object, reason?: string) =>
    call(engine.url, 'POST', '/ops/api/actions', {
      ...page.changing,
      body: { kind, input, ...(reason === undefined ? {} : { reason }) },
    })
  const carriedOut = async (kind: string, input: object, reason?: string) => {
    const asked = await ask(kind, input, reason)
    assert.equal(asked.status, 202, asked.text)
    const read = () => call(engine.url, 'GET', `/ops/api/actions/${String(asked.body['id'])}`, page.reading)
    const isOver = async () => (await read()).body['ended_at'] !== null
    await eventually('a relay has carried it out', isOver, AFTER_LEASE_MS)
    const { body } = await read()
    return { state: body['state'], result: body['result'] as Record<string, unknown> }
  }

  it('lists dead letters and sends one back, through a relay', async () => {
    const { queue, deadLetterQueue } = queuesOf(engine.stack.queues).normal
    const ranges = [{ smsIdentifier: newIdOf(engine.db)(), first: 1, last: 1, userId: 7 }]
    const readable = encodeEnvelope({ outboxId: newIdOf(engine.db)(), type: 'normal', ranges })
    const connection = await connect(engine.stack.amqpUrl)
    const channel = await connection.createConfirmChannel()
    for (const body of [readable, Buffer.from('nobody can read this')])
      channel.sendToQueue(deadLetterQueue, body, { headers: { 'x-chapar-queue': queue } })
    await channel.waitForConfirms()
    await connection.close()
    const list = async () =>
      (await carriedOut('dead_letters.list', { class: 'normal' })).result['letters'] as { id: string }[]
    const letters = await list()
    assert.equal(letters.length, 2)
    const ids = letters.slice(0, 1).map(({ id }) => id)
    assert.deepEqual(await carriedOut('dead_letters.replay', { class: 'normal', ids }, 'mended'), {
      ...{ state: 'done', result: { moved: 1 } },
    })
    assert.deepEqual(
      (await list()).map(({ id }) => id),
      letters.slice(1).map(({ id }) => id),
    )
    const dropped = await carriedOut('dead_letters.drop', { class: 'normal' }, 'of no use')
    assert.deepEqual(dropped.result, { dropped: 1 })
    const { body } = await call(engine.url, 'GET', '/v1/admin/log?limit=2', page.reading)
    const entries = body['entries'] as { action: string; actor: string; details: { reason: string } }[]
    assert.deepEqual(
      entries.map(({ action, actor, details }) => [action, actor, details.reason]),
      [
        ['dead_letters.drop', 'admin key from 127.0.0.1', 'of no use'],
        ['dead_letters.replay', 'admin key from 127.0.0.1', 'mended'],
      ],
    )
  })

  it('says what a decision about quarantined recipients comes to, and decides them', async () => {
    await fund(engine.db, 7, 100)
    const id = await sendOne(engine.db, { userId: 7, to: 3 })
    await engine.drain()
    // As a claim leaves recipients whose attempts are used up.
    await look(engine.db, sql`UPDATE sms_status SET status = 'pending', provider = '', handed_over_at = NULL`)
    await transact(engine.db, 'test.quarantine', async (tx) => {
      const rows = await lockRecipients(tx, [{ smsIdentifier: id, first: 1, last: 3 }])
      await quarantine(
        tx,
        rows.map((row) => ({ ...row, userId: 7 })),
        'attempts used up',
      )
    })
    const recipients = [1, 2, 3].map((no) => ({ id, no }))
    const listed = await call(engine.url, 'GET', '/ops/api/quarantine', page.reading)
    assert.equal((listed.body['recipients'] as object[]).length, 3)
    const effect = await call(engine.url, 'POST', '/ops/api/quarantine/effect', {
      ...{ ...page.changing, body: { recipients: recipients.slice(0, 2) } },
    })
    assert.deepEqual(effect.body, { recipients: 2, customers: 1, price: 2 })
    const before = (await balanceOf(engine.db, 7)) ?? 0
    const input = { decision: 'failed', recipients: recipients.slice(0, 2) }
    assert.deepEqual((await carriedOut('quarantine.decide', input, 'no operator has them')).result, {
      decided: 2,
    })
    assert.equal(await balanceOf(engine.db, 7), before + 2)
    const again = await carriedOut('quarantine.decide', { ...input, recipients }, 'the rest too')
    assert.deepEqual(again.result, { not_quarantined: 2, decided: 1 })
    assert.equal(await balanceOf(engine.db, 7), before + 3)
  })

  it('resumes a disabled webhook', async () => {
    const endpoint = newIdOf(engine.db)()
    const bytes = Buffer.from(endpoint.replaceAll('-', ''), 'hex')
    await look(
      engine.db,
      sql`INSERT INTO webhook_endpoints (id, user_id, kind, url, secret, status, disabled_reason, created_at, updated_at)
        VALUES (${bytes}, 7, 'endpoint', 'https://example.com/hook', 'x', 'disabled', 'gone', NOW(3), NOW(3))`,
    )
    const listed = async () =>
      (await call(engine.url, 'GET', '/ops/api/webhooks', page.reading)).body['endpoints']
    assert.equal(((await listed()) as object[]).length, 1)
    const key = { user_id: 7, endpoint_id: endpoint }
    const other = await carriedOut('webhook.resume', { ...key, user_id: 8 }, 'it is back')
    assert.deepEqual(other.result, { found: false })
    assert.deepEqual((await carriedOut('webhook.resume', key, 'it is back')).result, { found: true })
    assert.deepEqual(await listed(), [])
    assert.deepEqual((await carriedOut('webhook.replay', { ...key, after: 0 }, 'it lost some')).result, {
      found: true,
    })
  })

  it('needs a reason where it changes something, and says which field is wrong', async () => {
    const fieldsOf = async (kind: string, input: object, reason?: string) =>
      ((await ask(kind, input, reason)).body['errors'] as { field: string }[]).map(({ field }) => field)
    assert.deepEqual(await fieldsOf('dead_letters.replay', { class: 'normal' }), ['reason'])
    assert.deepEqual(await fieldsOf('dead_letters.replay', { class: 'normal' }, ''), ['reason'])
    assert.deepEqual(await fieldsOf('dead_letters.replay', { class: 'slow' }, 'x'), ['class'])
    assert.deepEqual(await fieldsOf('dead_letters.replay', { class: 'normal', ids: ['x'] }, 'x'), ['ids[0]'])
    assert.deepEqual(await fieldsOf('quarantine.decide', { decision: 'failed', recipients: [] }, 'x'), [
      'recipients',
    ])
    assert.deepEqual(await fieldsOf('launch', {}, 'x'), ['kind'])
    const unknown = await call(engine.url, 'GET', `/ops/api/actions/${newIdOf(engine.db)()}`, page.reading)
    assert.equal(unknown.code, 'action_not_found')
    assert.equal((await call(engine.url, 'GET', '/ops/api/actions/x', page.reading)).code, 'action_not_found')
  })
})

describe('the row of an action', () => {
  let stack: Stack
  beforeEach(async () => (stack = await freshStack()))
  afterEach(() => stack.drop())

  const request = (kind: 'webhook.resume' | 'receipts.retry' = 'receipts.retry') =>
    requestAction(
      { db: stack.db, newId: newIdOf(stack.db) },
      {
        kind,
        input: kind === 'receipts.retry' ? { ids: [newIdOf(stack.db)()] } : {},
        reason: 'x',
        actor: 'test',
      },
    )
  const performing = (retry: Performers['receipts.retry']) =>
    ({ 'receipts.retry': retry }) as unknown as Performers
  const rows = () =>
    look(
      stack.db,
      sql<{ state: string; result: string }>`SELECT state, result FROM admin_actions ORDER BY id`,
    )

  it('is carried out once, in the order in which they were asked for', async () => {
    await request()
    await request()
    let done = 0
    const performers = performing(() => Promise.resolve({ retried: ++done }))
    assert.equal(await carryOutNext({ db: stack.db, performers }), 'worked')
    assert.equal(await carryOutNext({ db: stack.db, performers }), 'worked')
    assert.equal(await carryOutNext({ db: stack.db, performers }), 'idle')
    assert.deepEqual(
      (await rows()).map(({ result }) => result),
      ['{"retried":1}', '{"retried":2}'],
    )
  })

  it('is carried out again when its relay died, after its lease, and not before', async () => {
    await request()
    const died = new Error('the process died')
    let tries = 0
    const found: string[] = []
    const performers = performing(async () => {
      tries++
      if (tries > 1) return { retried: tries }
      // What another relay finds while this one works, and after it is gone.
      found.push(await carryOutNext({ db: stack.db, performers }))
      await look(stack.db, sql`UPDATE admin_actions SET lease_until = NOW(3) - INTERVAL 1 SECOND`)
      found.push(await carryOutNext({ db: stack.db, performers }))
      throw died
    })
    await carryOutNext({ db: stack.db, performers })
    assert.deepEqual(found, ['idle', 'worked'])
    assert.deepEqual(await rows(), [{ state: 'done', result: '{"retried":2}' }])
  })

  it('says why it failed, also when nobody carried it out in time or knows it', async () => {
    const performers = performing(() => Promise.reject(new Error('RabbitMQ is unavailable')))
    await request()
    await request()
    await carryOutNext({ db: stack.db, performers })
    await look(
      stack.db,
      sql`UPDATE admin_actions SET created_at = NOW(3) - INTERVAL 11 MINUTE WHERE state = 'requested'`,
    )
    await carryOutNext({ db: stack.db, performers })
    await request()
    await look(stack.db, sql`UPDATE admin_actions SET kind = 'newer' WHERE state = 'requested'`)
    await carryOutNext({ db: stack.db, performers })
    const found = await rows()
    assert.ok(found.every(({ state }) => state === 'failed'))
    assert.match(found[0]?.result ?? '', /RabbitMQ is unavailable/)
    assert.match(found[1]?.result ?? '', /No relay carried it out within 10 minutes/)
    assert.match(found[2]?.result ?? '', /does not know newer/)
  })

  it('says that it may be partly done when its relay was interrupted and it is too late for another one', async () => {
    await request()
    await look(
      stack.db,
      sql`UPDATE admin_actions SET state = 'running', lease_until = NOW(3) - INTERVAL 1 SECOND,
        created_at = NOW(3) - INTERVAL 11 MINUTE`,
    )
    const performers = performing(() => Promise.reject(new Error('it is too late')))
    await carryOutNext({ db: stack.db, performers })
    const [row] = await rows()
    assert.equal(row?.state, 'failed')
    assert.match(row?.result ?? '', /interrupted .* may be partly done/)
  })

  it('is refused when too many wait, and removed a week later', async () => {
    for (let count = 0; count < OPEN_ACTIONS_MAX; count++) await request()
    await assert.rejects(request(), { code: 'too_many_actions' })
    await look(stack.db, sql`UPDATE admin_actions SET state = 'done', ended_at = NOW(3)`)
    await look(stack.db, sql`UPDATE admin_actions SET id = CONCAT(UNHEX('0100000000007000'), RIGHT(id, 8))`)
    const { logger } = memoryLog()
    const acting = keepActing({ db: stack.db, logger, performers: performing(() => Promise.resolve({})) })
    await eventually('they are gone', async () => (await rows()).length === 0)
    await acting.close()
  })
})
