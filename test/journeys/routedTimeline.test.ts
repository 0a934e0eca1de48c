import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { call, send, topUp } from '../support/api.ts'
import { startTestEngine } from '../support/engine.ts'
import type { TestEngine } from '../support/engine.ts'
import { eventually } from '../support/eventually.ts'
import { freshSimulators } from '../support/simulators.ts'

const ADMIN_KEY = 'admin-key-of-the-routed-timeline-01234'
const CUSTOMER = 1

describe('the timeline of a message whose route has one operator, which is paused', () => {
  const folder = mkdtempSync(join(tmpdir(), 'chapar-routed-timeline-'))
  const path = join(folder, 'operators.yml')
  let engine: TestEngine
  let configure: (routes: string) => void
  before(async () => {
    const [a, b] = await freshSimulators()
    configure = (routes) =>
      writeFileSync(
        path,
        `{ operators: [{ name: a, url: '${a.url}' }, { name: b, url: '${b.url}' }], routes: ${routes} }`,
      )
    configure('[{ prefix: 98, operators: [a] }, { operators: [b] }]')
    const byUrl = { OPERATOR_A_URL: '', OPERATOR_B_URL: '' }
    engine = await startTestEngine({ env: { ...byUrl, OPERATORS_FILE: path, ADMIN_API_KEY: ADMIN_KEY } })
    await topUp(engine.url, CUSTOMER, 1_000)
  })
  after(async () => {
    await engine.stop()
    rmSync(folder, { recursive: true })
  })

  interface Waiting {
    for: string
    detail: string
    hand_over_estimated_at: string | null
  }
  const sendTo = async (to: string) =>
    (await send(engine.url, { customer_id: CUSTOMER, recipients: [to] })).sms_identifier
  const read = async (id: string) => {
    const { body } = await call(engine.url, 'GET', `/v1/admin/messages/${id}/timeline`, { key: ADMIN_KEY })
    const [first] = body['timelines'] as { status: string; waiting: Waiting | null }[]
    return first
  }

  it('says who paused it, while the other operator takes what is routed there', async () => {
    const change = { key: ADMIN_KEY, body: { state: 'paused', reason: 'maintenance' } }
    await call(engine.url, 'PATCH', '/v1/admin/operators/a', change)
    const inEffect = 'chapar_operator_state{operator="a",state="paused"}'
    await eventually('it is in effect', async () => (await engine.metric(inEffect)) === 1)
    const waiting = await sendTo('+989120000001')
    const other = await sendTo('+4915112345678')
    await eventually('the other one is sent', async () => (await read(other))?.status === 'SENT')
    // In between it is tried again, and released.
    let told: Waiting | null | undefined
    await eventually('it waits for its operators', async () => {
      told = (await read(waiting))?.waiting
      return told?.for === 'operators_stopped'
    })
    assert.equal(told?.hand_over_estimated_at, null)
    assert.match(
      told?.detail ?? '',
      /^All operators of its route .*\(a: paused since .* by admin key.*maintenance\)/,
    )
    configure('[{ prefix: 98, operators: [a, b] }]')
    engine.hangUp()
    await engine.drain()
    assert.equal((await read(waiting))?.status, 'SENT')
    const { timelines } = (
      await call(engine.url, 'GET', `/v1/admin/messages/${waiting}/timeline`, { key: ADMIN_KEY })
    ).body as unknown as { timelines: { steps: { step: string; provider?: string }[] }[] }
    assert.ok(timelines[0]?.steps.some(({ step, provider }) => step === 'sent' && provider === 'b'))
  })
})
