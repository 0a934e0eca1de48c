import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { history, recipients, send, topUp } from '../support/api.ts'
import { startTestEngine } from '../support/engine.ts'
import type { TestEngine } from '../support/engine.ts'
import { eventually } from '../support/eventually.ts'
import { freshSimulators } from '../support/simulators.ts'

const ADMIN_KEY = 'admin-key-of-the-operators-journey-0123'
const CUSTOMER = 1

interface Answered {
  status: number
  body: Record<string, unknown>
}

describe('the operators of a running engine', () => {
  let folder: string
  let path: string
  let engine: TestEngine
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'chapar-operators-'))
    path = join(folder, 'operators.yml')
    const [a, b] = await freshSimulators()
    writeFile([`{ name: a, url: "${a.url}" }`, `{ name: b, url: "${b.url}" }`])
    const byUrl = { OPERATOR_A_URL: '', OPERATOR_B_URL: '' }
    engine = await startTestEngine({ env: { ...byUrl, OPERATORS_FILE: path, ADMIN_API_KEY: ADMIN_KEY } })
    await topUp(engine.url, CUSTOMER, 1_000)
  })
  after(async () => {
    await engine.stop()
    rmSync(folder, { recursive: true })
  })

  function writeFile(operators: string[], routes: string[] = []): void {
    const lines = (entries: string[]) => entries.map((entry) => `  - ${entry}\n`).join('')
    const ofRoutes = routes.length > 0 ? `routes:\n${lines(routes)}` : ''
    writeFileSync(path, `operators:\n${lines(operators)}${ofRoutes}`)
  }
  const ask = async (method: string, address: string, body?: object): Promise<Answered> => {
    const response = await fetch(engine.url + address, {
      method,
      headers: { 'X-API-Key': ADMIN_KEY, 'Content-Type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    })
    return { status: response.status, body: (await response.json()) as Record<string, unknown> }
  }
  const control = async (name: string, state: string, reason = 'a test') => {
    const answered = await ask('PATCH', `/v1/admin/operators/${name}`, { state, reason })
    assert.equal(answered.status, 200, JSON.stringify(answered.body))
    const inEffect = `chapar_operator_state{operator="${name}",state="${state}"}`
    await eventually('it is in effect', async () => (await engine.metric(inEffect)) === 1)
    return answered.body
  }
  const sendTo = (...numbers: string[]) =>
    send(engine.url, { customer_id: CUSTOMER, recipients: numbers.length > 0 ? numbers : recipients(1) })
  const providerOf = async ({ sms_identifier: id }: { sms_identifier: string }) => {
    const [only] = await history(engine.url, `user_id=${CUSTOMER}&sms_identifier=${id}`)
    return only?.provider
  }
  const isClosed = async (name: string) =>
    (await engine.metric(`chapar_breaker_state{operator="${name}",class="normal",state="closed"}`)) === 1
  const reloads = (result: string) => engine.metric(`chapar_operators_file_reloads_total{result="${result}"}`)

  it('are listed as they are configured', async () => {
    const { status, body } = await ask('GET', '/v1/admin/operators')
    assert.equal(status, 200)
    const listed = body['operators'] as Record<string, unknown>[]
    assert.deepEqual(
      listed.map(({ name, protocol, state, weight, reason }) => [name, protocol, state, weight, reason]),
      [
        ['a', 'chapar-http', 'active', 100, null],
        ['b', 'chapar-http', 'active', 100, null],
      ],
    )
  })

  it('are not called while they are paused, and the others get the messages', async () => {
    const paused = await control('a', 'paused', 'its maintenance')
    assert.deepEqual([paused['state'], paused['reason']], ['paused', 'its maintenance'])
    const before = (await engine.operatorA.admin.summary()).taken
    const sent = await sendTo()
    await engine.drain()
    assert.equal(await providerOf(sent), 'b')
    assert.equal((await engine.operatorA.admin.summary()).taken, before)
    assert.equal(await isClosed('a'), false, 'it takes nothing')
  })

  it('keep messages waiting while all of them are paused, and go on where they were', async () => {
    await control('b', 'drained')
    const sent = await sendTo()
    assert.equal(await providerOf(sent), '')
    await control('a', 'active')
    await engine.drain()
    assert.equal(await providerOf(sent), 'a')
    assert.equal(await isClosed('a'), true, 'what was not tried did not fail')
    await control('b', 'active')
  })

  it('are controlled on the record, by a name that exists and with a reason', async () => {
    await ask('PATCH', '/v1/admin/operators/a', { weight: 50, reason: 'half of it' })
    const { body } = await ask('GET', '/v1/admin/log?limit=1')
    const [entry] = body['entries'] as Record<string, unknown>[]
    assert.equal(entry?.['action'], 'operator.change')
    assert.deepEqual(entry['details'], { operator: 'a', weight: 50, reason: 'half of it' })
    const unknown = await ask('PATCH', '/v1/admin/operators/z', { state: 'paused', reason: 'why' })
    assert.deepEqual([unknown.status, unknown.body['code']], [404, 'operator_not_found'])
    for (const wrong of [{ state: 'paused' }, { reason: 'why' }, { weight: -1, reason: 'why' }]) {
      const refused = await ask('PATCH', '/v1/admin/operators/a', wrong)
      assert.deepEqual([refused.status, refused.body['code']], [400, 'invalid_request'])
    }
  })

  it('are read again on a hangup, and follow new routes', async () => {
    writeFile(
      [`{ name: b, url: "${engine.operatorB.url}" }`, `{ name: c, url: "${engine.operatorA.url}" }`],
      ['{ prefix: 98, operators: [c, b] }', '{ prefix: 44, operators: [b] }'],
    )
    engine.hangUp()
    await eventually('it is applied', async () => (await reloads('applied')) === 1)
    const [first, second, third] = [
      await sendTo('+989121111111'),
      await sendTo('+447911111111'),
      await sendTo('+4912345678'),
    ]
    await engine.drain()
    assert.deepEqual([await providerOf(first), await providerOf(second)], ['c', 'b'])
    const [failed] = await history(engine.url, `user_id=${CUSTOMER}&sms_identifier=${third.sms_identifier}`)
    assert.equal(failed?.status, 'failed')
    await eventually('it is listed', async () => {
      const { body } = await ask('GET', '/v1/admin/operators')
      const names = (body['operators'] as { name: string }[]).map(({ name }) => name)
      // Somebody changed a: what was made of it is kept.
      return names.join() === 'a,b,c' || names.join() === 'b,a,c' || names.join() === 'b,c,a'
    })
  })

  it('stay as they are when the file is wrong, and say why', async () => {
    writeFileSync(path, 'operators: [{ name: c, url: "ftp://operator" }]')
    engine.hangUp()
    await eventually('it is refused', async () => (await reloads('refused')) === 1)
    const line = engine.log.lines().find(({ message }) => String(message).includes('refused; the old one'))
    assert.match(String(line?.['faults']), /operators\.0\.url: must look like http.*\(line 1\)/)
    const sent = await sendTo('+989121111112')
    await engine.drain()
    assert.equal(await providerOf(sent), 'c')
  })
})
