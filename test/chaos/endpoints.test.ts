import assert from 'node:assert/strict'
import { openEndpoints } from '../../chaos/endpoints/endpointServer.ts'
import type { Endpoints, Hook } from '../../chaos/endpoints/endpointServer.ts'
import { sign } from '../../src/webhooks/send/sign.ts'

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
const OTHER = 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD'

describe('the endpoints of a chaos run', () => {
  let endpoints: Endpoints
  beforeEach(async () => (endpoints = await openEndpoints()))
  afterEach(() => endpoints.close())

  const event = (sequence: number) => {
    const data = { message_id: 'm', recipient_no: 1, to: '98' }
    return { id: `evt_m_1_${sequence}`, type: 'message.sent', sequence, data }
  }
  const post = (hook: Hook, of: ReturnType<typeof event>, { secret = SECRET, body = of } = {}) => {
    const text = JSON.stringify(body)
    const timestampSeconds = Math.floor(Date.now() / 1_000)
    const headers = { ...sign([secret], { id: of.id, timestampSeconds, body: text }) }
    return fetch(hook.url, { method: 'POST', redirect: 'manual', headers, body: text }).then(
      ({ status }) => status,
      () => 'no answer',
    )
  }

  it('note each event once, however often it comes', async () => {
    const hook = endpoints.open('/good/1', 'good')
    hook.trust(SECRET)
    assert.deepEqual([await post(hook, event(1)), await post(hook, event(1))], [204, 204])
    assert.deepEqual([...hook.got.values()], [event(1)])
    assert.deepEqual([endpoints.counts, endpoints.wrong], [{ taken: 2, failed: 0 }, []])
  })

  it('find a wrong signature, and an event that says something else than before', async () => {
    const hook = endpoints.open('/good/1', 'good')
    hook.trust(SECRET)
    await post(hook, event(1), { secret: OTHER })
    assert.equal(hook.got.size, 0)
    await post(hook, event(1))
    await post(hook, event(1), { body: { ...event(1), sequence: 2 } })
    assert.match(endpoints.wrong[0] ?? '', /\/good\/1: evt_m_1_1: .*[Nn]o matching signature/)
    assert.match(endpoints.wrong[1] ?? '', /it was .*"sequence":1.* and is .*"sequence":2/)
    assert.equal(endpoints.wrong.length, 2)
  })

  it('flap until they are calmed, and take nothing before their secret is known', async () => {
    const hook = endpoints.open('/flapping/1', 'flapping')
    const answers = [await post(hook, event(1)), await post(hook, event(1)), await post(hook, event(1))]
    assert.deepEqual(answers, [500, 'no answer', 302])
    assert.equal(await post(hook, event(1)), 503)
    hook.trust(SECRET)
    endpoints.calmDown()
    for (let time = 0; time < 9; time++) assert.equal(await post(hook, event(1)), 204)
  })

  it('are reached by nobody where they are dead', async () => {
    assert.equal(await post(endpoints.open('/dead/1', 'dead'), event(1)), 'no answer')
  })
})
