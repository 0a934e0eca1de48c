import assert from 'node:assert/strict'
import { startWebhookEndpoint } from '../../../dev/demo/webhookEndpoint.ts'
import type { WebhookEndpoint } from '../../../dev/demo/webhookEndpoint.ts'
import { makeSecret, sign } from '../../../src/webhooks/send/sign.ts'

describe("the demonstration's webhook endpoint", () => {
  let endpoint: WebhookEndpoint
  const secret = makeSecret()
  beforeEach(async () => (endpoint = await startWebhookEndpoint()))
  afterEach(() => endpoint.close())

  const post = async (signedWith: string, { id = 'evt_1', tampered = '' } = {}): Promise<number> => {
    const body = JSON.stringify({ id, type: 'message.sent', sequence: 1 })
    const headers = sign([signedWith], { id, timestampSeconds: Math.floor(Date.now() / 1_000), body })
    const init = { method: 'POST', headers: { ...headers }, body: body + tampered }
    return (await fetch(endpoint.url, init)).status
  }

  it('takes an event whose signature is right, once however often it comes', async () => {
    endpoint.trust(secret)
    assert.deepEqual(
      [await post(secret), await post(secret), await post(secret, { id: 'evt_2' })],
      [204, 204, 204],
    )
    assert.deepEqual(
      endpoint.events.map(({ id }) => id),
      ['evt_1', 'evt_2'],
    )
    assert.equal(endpoint.refused(), 0)
  })

  it('refuses everything before it has a secret, and then what is signed with another or changed', async () => {
    assert.equal(await post(secret), 401)
    endpoint.trust(secret)
    assert.equal(await post(makeSecret()), 401)
    assert.equal(await post(secret, { tampered: ' ' }), 401)
    assert.equal((await fetch(endpoint.url, { method: 'POST', body: '{}' })).status, 401)
    assert.deepEqual([endpoint.events, endpoint.refused()], [[], 4])
  })
})
