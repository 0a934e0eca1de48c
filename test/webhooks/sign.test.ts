import assert from 'node:assert/strict'
import { Webhook } from 'standardwebhooks'
import { makeSecret, sign } from '../../src/webhooks/send/sign.ts'

describe('the signature of a webhook', () => {
  const message = {
    id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    timestampSeconds: 1_614_265_330,
    body: '{"test": 2432232314}',
  }

  it('is the one that Standard Webhooks shows', () => {
    assert.deepEqual(sign(['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'], message), {
      'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    })
  })

  it('is one by each secret while a secret is changed, and either verifies', () => {
    const [present, previous] = [makeSecret(), makeSecret()]
    const now = { ...message, timestampSeconds: Math.floor(Date.now() / 1_000) }
    const headers = { ...sign([present, previous], now) }
    assert.equal(headers['webhook-signature'].split(' ').length, 2)
    for (const secret of [present, previous])
      assert.deepEqual(new Webhook(secret).verify(now.body, headers), { test: 2_432_232_314 })
    assert.throws(() => new Webhook(makeSecret()).verify(now.body, headers))
    assert.throws(() => new Webhook(present).verify(now.body.replace('2432', '2433'), headers))
  })
})
