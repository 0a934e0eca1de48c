import assert from 'node:assert/strict'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { sql } from 'kysely'
import { STEPS } from '../../chaos/steps.ts'
import { cancel } from '../../src/delivery/index.ts'
import { compensateOnce } from '../../src/delivery/compensate/compensateOnce.ts'
import { endExpired } from '../../src/delivery/expire/endExpired.ts'
import { releaseOnce } from '../../src/delivery/release/releaseOnce.ts'
import { foldOnce } from '../../src/reports/index.ts'
import { STEPS_CHANNEL } from '../../src/platform/steps.ts'
import type { Step } from '../../src/platform/steps.ts'
import { newCustomer, newKey } from '../accounts/arrangeAccounts.ts'
import { call, send, topUp } from '../support/api.ts'
import { look } from '../support/arrange.ts'
import { eventually } from '../support/eventually.ts'
import { startTestEngine } from '../support/engine.ts'
import type { TestEngine } from '../support/engine.ts'

const SECRET = 'the-secret-of-both-operators'
/** Either may be first: one waits for the socket, and the other for the broker. */
const RACERS = ['relay published', 'relay confirmed']

describe('the steps of a message', () => {
  let engine: TestEngine
  const heard: string[] = []
  /** Also before the first message: the round of a timer is under way at any time. */
  const heardSinceStart: string[] = []
  const hear = (message: unknown) => {
    const { at, what } = message as Step
    heard.push(`${at} ${what}`)
    heardSinceStart.push(`${at} ${what}`)
  }
  before(async () => {
    subscribe(STEPS_CHANNEL, hear)
    engine = await startTestEngine({ env: { RECEIPTS_SECRET: SECRET, WEBHOOK_ALLOW_PRIVATE: 'yes' } })
    await topUp(engine.url, 1, 10)
    heard.length = 0
    const sent = await send(engine.url, { customer_id: 1, recipients: ['0912000'] })
    await engine.drain()
    const { text: key } = await newKey(engine.db, (await newCustomer(engine.db, 'A shop', 1)).userId)
    const { status } = await fetch(`${engine.url}/v1/messages/bulk`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-api-key': key },
      body: JSON.stringify({ messages: [{ to: '+989120000001', text: 'hi' }] }),
    })
    assert.equal(status, 202)
    await topUp(engine.url, 1, 10)
    await engine.drain()
    await endExpired(engine.db, [], { validityMs: 0, unknownSubmissionsMax: 1 })
    await cancel({ db: engine.db }, { userId: 1, smsIdentifier: sent.sms_identifier })
    await foldOnce(engine.db)
    await look(engine.db, sql`INSERT INTO holds VALUES (REPEAT('h', 16), 1, 1, 1, 1, NOW(3))`)
    await releaseOnce(engine.db)
    await look(
      engine.db,
      sql`INSERT INTO deadline_misses (sms_identifier, recipient_no, user_id, cause, guaranteed_by, ended_at, due_at)
        VALUES (REPEAT('m', 16), 1, 1, 'late', NOW(3), NOW(3), NOW(3))`,
    )
    await compensateOnce({ db: engine.db, events: { compensated: () => {} } })
    await followToEndpoint(key)
  })

  /** A message that is reported as delivered, to an endpoint where nothing listens. */
  async function followToEndpoint(key: string): Promise<void> {
    await call(engine.url, 'POST', '/v1/webhooks', { key, body: { url: 'http://127.0.0.1:1/' } })
    const { body } = await call(engine.url, 'POST', '/v1/messages', {
      key,
      body: { to: '+989120000002', text: 'hi' },
    })
    await engine.drain()
    const { status } = await call(engine.url, 'POST', '/operators/operator-a/receipts', {
      headers: { authorization: `Bearer ${SECRET}` },
      body: { reference: `${String(body['message_id'])}:1`, status: 'delivered' },
    })
    assert.equal(status, 200)
    const last = Object.values(STEPS).flatMap((steps) => steps.slice(-1))
    await eventually('the receipt is applied and the webhook recorded', () =>
      last.every((step) => heard.includes(step)),
    )
  }

  after(async () => {
    unsubscribe(STEPS_CHANNEL, hear)
    await engine.stop()
  })

  for (const [role, steps] of Object.entries(STEPS)) {
    it(`are announced by the ${role}, every one at which it may be killed`, () => {
      for (const step of steps)
        assert.ok(heard.includes(step), `${step} was not heard, but ${heard.join(', ')}`)
    })
  }

  it('come in their order within each role, and those of a timer in theirs', () => {
    const onTimers = ['events.', 'delivery.expire', 'delivery.release', 'delivery.compensate', 'reports.fold']
    for (const steps of Object.values(STEPS)) {
      const ofTimer = (step: string) => onTimers.find((name) => step.startsWith(name))
      for (const timer of [undefined, ...onTimers]) {
        const seen = timer ? heardSinceStart : heard
        const ordered = steps.filter((step) => ofTimer(step) === timer)
        for (const racer of RACERS) {
          const order = ordered.filter((step) => step !== racer).map((step) => seen.indexOf(step))
          assert.deepEqual(
            order,
            order.toSorted((one, other) => one - other),
          )
        }
      }
    }
  })
})
