import assert from 'node:assert/strict'
import { readProcesses } from '../../src/processes/index.ts'
import { read } from '../../src/platform/db/index.ts'
import { newCustomer, newKey } from '../accounts/arrangeAccounts.ts'
import { call } from '../support/api.ts'
import { fund } from '../support/arrange.ts'
import { startTestEngine } from '../support/engine.ts'
import type { TestEngine } from '../support/engine.ts'
import { eventually } from '../support/eventually.ts'

const ADMIN_KEY = 'the-admin-key-of-the-timeline-journey'
const OPERATORS = ['operator-a', 'operator-b']

interface Timeline {
  timelines: { status: string; waiting: { for: string; detail: string } | null; steps: { step: string }[] }[]
}

describe('where a message is, as a running engine tells', () => {
  let engine: TestEngine
  let key: string
  let othersKey: string
  before(async () => {
    engine = await startTestEngine({ env: { ADMIN_API_KEY: ADMIN_KEY } })
    const [one, other] = [await newCustomer(engine.db, 'One'), await newCustomer(engine.db, 'Other')]
    await fund(engine.db, one.userId, 1_000)
    key = (await newKey(engine.db, one.userId)).text
    othersKey = (await newKey(engine.db, other.userId)).text
  })
  after(() => engine.stop())

  let sent = 0
  const send = async () => {
    const message = { to: '+989120000001', text: 'hi' }
    const { body } = await call(engine.url, 'POST', '/v1/messages', { key, body: message })
    sent += 1
    return String(body['message_id'])
  }
  const ask = async (id: string, as = key, admin = '') => {
    const { status, body } = await call(engine.url, 'GET', `/v1/${admin}messages/${id}/timeline`, { key: as })
    return { status, first: (body as unknown as Timeline).timelines?.[0] }
  }
  const waitsFor = async (id: string, what: string) => {
    // Both are asked each time, because in between it is tried again.
    let detail = ''
    await eventually(`${id} waits for ${what}`, async () => {
      const [own, asAdmin] = [await ask(id), await ask(id, ADMIN_KEY, 'admin/')]
      detail = asAdmin.first?.waiting?.detail ?? ''
      return [own, asAdmin].every(({ first }) => first?.waiting?.for === what)
    })
    return detail
  }
  const control = async (name: string, state: string) => {
    const change = { key: ADMIN_KEY, body: { state, reason: 'a test' } }
    await call(engine.url, 'PATCH', `/v1/admin/operators/${name}`, change)
    const inEffect = `chapar_operator_state{operator="${name}",state="${state}"}`
    await eventually('it is in effect', async () => (await engine.metric(inEffect)) === 1)
  }
  const isClosed = async (operator: string) => {
    const closed = `chapar_breaker_state{operator="${operator}",class="normal",state="closed"}`
    return (await engine.metric(closed)) === 1
  }

  it('is told to its customer and to staff, and to nobody else', async () => {
    const id = await send()
    await engine.drain()
    const { status, first } = await ask(id)
    assert.deepEqual([status, first?.status, first?.waiting], [200, 'SENT', null])
    assert.equal((await ask(id, ADMIN_KEY, 'admin/')).status, 200)
    assert.equal((await ask(id, othersKey)).status, 404)
    assert.equal((await ask(id, key, 'admin/')).status, 403)
  })

  it('waits for operators while all are paused, and says who paused them', async () => {
    for (const name of OPERATORS) await control(name, 'paused')
    const id = await send()
    assert.match(await waitsFor(id, 'operators_stopped'), /operator-b: paused since .* by admin key.*a test/)
    for (const name of OPERATORS) await control(name, 'active')
    await engine.drain()
    assert.equal((await ask(id)).first?.status, 'SENT')
  })

  it('waits for operators while the breakers of all are open, as the consumer reports', async () => {
    for (const { admin } of [engine.operatorA, engine.operatorB]) await admin.behave({ outage: 'http503' })
    let last = ''
    // Each is tried at both operators, until their breakers have had enough.
    await eventually('the breakers of both are open', async () => {
      last = await send()
      return !(await isClosed('operator-a')) && !(await isClosed('operator-b'))
    })
    assert.match(await waitsFor(last, 'operators_unreachable'), /operator-a: circuit breaker open since/)
    for (const { admin } of [engine.operatorA, engine.operatorB]) await admin.behave({})
    await engine.drain()
    assert.equal((await ask(last)).first?.status, 'SENT')
  })

  it('is estimated by what the processes report of themselves', async () => {
    const [mine] = await read(engine.db, 'test.processes', readProcesses)
    assert.deepEqual(mine?.roles, ['api', 'relay', 'consumer'])
    await eventually('the hand-overs are reported', async () => {
      const [now] = await read(engine.db, 'test.processes', readProcesses)
      return (now?.state.classes.normal.handedOverRecipients ?? 0) === sent
    })
    const [now] = await read(engine.db, 'test.processes', readProcesses)
    assert.deepEqual(now?.state.operators.map((each) => `${each.name} ${each.class}`).sort(), [
      ...['operator-a express', 'operator-a normal', 'operator-b express', 'operator-b normal'],
    ])
    assert.equal(now?.state.classes.normal.acceptedRecipients, sent)
    assert.ok(now.state.backlog)
  })
})
