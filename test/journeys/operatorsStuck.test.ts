import assert from 'node:assert/strict'
import { CLAIM_ENVELOPES_MIN, READY_ENVELOPES_MAX } from '../../src/outbox/topology.ts'
import { history, recipients, send, topUp } from '../support/api.ts'
import type { Accepted } from '../support/api.ts'
import { assertAllEnded } from '../support/ending.ts'
import { startTestEngine } from '../support/engine.ts'
import type { TestEngine } from '../support/engine.ts'
import { eventually } from '../support/eventually.ts'
import { accept, startHttpOperator } from './httpOperator.ts'
import type { HttpOperator } from './httpOperator.ts'

const CUSTOMER = 1
const DEPOSIT = 10_000
/** The relay adds nothing while there is no room for several; the consumer of one call has three in flight. */
const FULL = READY_ENVELOPES_MAX - CLAIM_ENVELOPES_MIN + 1 + 3

describe('an engine whose normal traffic is stuck', () => {
  const SLOW = 'slow'
  let operator: HttpOperator
  let engine: TestEngine
  let release = () => {}
  let hanging = 0
  before(async () => {
    const released = new Promise<void>((resolve) => (release = resolve))
    operator = await startHttpOperator(async (messages) => {
      if (messages.some(({ text }) => text === SLOW)) {
        hanging++
        await released
      }
      return messages.map(accept)
    })
    const env = {
      ...{ OPERATOR_A_URL: operator.url, OPERATOR_B_URL: operator.url, OPERATOR_CONCURRENCY: '1' },
      // A call that hangs for longer than it may is not to hold its messages for a day.
      ON_UNKNOWN: 'retry',
    }
    engine = await startTestEngine({ env })
    await topUp(engine.url, CUSTOMER, DEPOSIT)
  })
  after(async () => {
    release()
    await engine.stop()
    await operator.close()
  })

  it('still delivers express: a full normal queue and hanging normal calls take nothing of it', async () => {
    const stuck: Accepted[] = []
    for (let sent = 0; sent < 30; sent++) {
      const request = { customer_id: CUSTOMER, recipients: recipients(100, sent * 100), text: SLOW }
      stuck.push(await send(engine.url, request))
    }
    const published = () =>
      engine.metric('chapar_published_envelopes_total{class="normal",result="confirmed"}')
    await eventually('the normal queue is full and a call hangs', async () => {
      return hanging > 0 && (await published()) >= FULL
    })

    const express = await send(engine.url, {
      customer_id: CUSTOMER,
      recipients: recipients(3),
      type: 'express',
    })
    await eventually('express is done', async () => {
      const items = await history(engine.url, `user_id=${CUSTOMER}&sms_identifier=${express.sms_identifier}`)
      return items.every(({ status }) => status === 'done')
    })
    assert.deepEqual(
      (await history(engine.url, `user_id=${CUSTOMER}&status=done`)).map(({ type }) => type),
      ['express', 'express', 'express'],
    )

    release()
    await engine.drain()
    await assertAllEnded(engine.db, [...stuck, express])
  })
})
