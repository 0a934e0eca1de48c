import assert from 'node:assert/strict'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { STEPS } from '../../chaos/steps.ts'
import { STEPS_CHANNEL } from '../../src/platform/steps.ts'
import type { Step } from '../../src/platform/steps.ts'
import { send, topUp } from '../support/api.ts'
import { startTestEngine } from '../support/engine.ts'
import type { TestEngine } from '../support/engine.ts'

describe('the steps of a message', () => {
  let engine: TestEngine
  const heard: string[] = []
  const hear = (message: unknown) => {
    const { at, what } = message as Step
    heard.push(`${at} ${what}`)
  }
  before(async () => {
    engine = await startTestEngine()
    await topUp(engine.url, 1, 10)
    subscribe(STEPS_CHANNEL, hear)
    await send(engine.url, { customer_id: 1, recipients: ['0912000'] })
    await engine.drain()
  })
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

  it('come in their order within each role', () => {
    for (const steps of Object.values(STEPS)) {
      const order = steps.map((step) => heard.indexOf(step))
      assert.deepEqual(
        order,
        order.toSorted((one, other) => one - other),
      )
    }
  })
})
