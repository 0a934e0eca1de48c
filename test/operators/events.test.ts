import assert from 'node:assert/strict'
import { createOperatorEvents } from '../../src/operators/index.ts'
import type { OperatorCall, OperatorEvents } from '../../src/operators/index.ts'
import { Registry } from '../../src/platform/telemetry/index.ts'
import type { Logger } from '../../src/platform/telemetry/index.ts'

describe('the events of operators', () => {
  let registry: Registry
  let events: OperatorEvents
  let lines: string[]
  beforeEach(() => {
    registry = new Registry()
    lines = []
    const log = (message: string) => void lines.push(message)
    events = createOperatorEvents(
      { info: log, warn: log, error: log, debug: log } as unknown as Logger,
      registry,
    )
    events.operatorRegistered({ operator: 'a' })
  })

  const call: OperatorCall = {
    ...{ operator: 'a', messages: 2, result: 'answered', unreadableIdentifiers: 1, durationMs: 5 },
    results: { accepted: 2, rejected: 0, unavailable: 0, throttled: 0, refused: 0, unknown: 0 },
  }

  it('show every result and class from the start', async () => {
    const text = await registry.metrics()
    for (const result of ['accepted', 'rejected', 'unavailable', 'throttled', 'refused', 'unknown'])
      assert.ok(text.includes(`chapar_operator_results_total{operator="a",result="${result}"} 0`), result)
    for (const result of ['answered', 'refused', 'throttled', 'unavailable', 'unknown']) {
      assert.match(text, new RegExp(`call_duration_seconds_count{operator="a",result="${result}"} 0`))
    }
    for (const messageClass of ['normal', 'express']) {
      assert.ok(text.includes(`chapar_operator_throttled_total{operator="a",class="${messageClass}"} 0`))
      const pace = `chapar_operator_pace_calls_per_second{operator="a",class="${messageClass}"} +Inf`
      assert.ok(text.includes(pace))
    }
    assert.ok(text.includes('chapar_operator_unreadable_identifiers_total{operator="a"} 0'))
  })

  it('count results and unreadable identifiers, and log those once a minute', async () => {
    events.operatorCalled(call)
    events.operatorCalled(call)
    const text = await registry.metrics()
    assert.ok(text.includes('chapar_operator_results_total{operator="a",result="accepted"} 4'))
    assert.ok(text.includes('chapar_operator_unreadable_identifiers_total{operator="a"} 2'))
    assert.deepEqual(lines, ['operator returned unreadable message identifiers'])
  })

  it('show pace and throttling by class, and log throttling once a minute', async () => {
    for (let time = 0; time < 3; time++) events.throttled({ operator: 'a', messageClass: 'normal' })
    events.paceChanged({ operator: 'a', messageClass: 'normal', callsPerSecond: 16 })
    const text = await registry.metrics()
    assert.ok(text.includes('chapar_operator_throttled_total{operator="a",class="normal"} 3'))
    assert.ok(text.includes('chapar_operator_pace_calls_per_second{operator="a",class="normal"} 16'))
    assert.deepEqual(lines, ['operator throttles calls'])
  })

  it('log what the circuit breaker does', () => {
    for (const state of ['open', 'half-open', 'closed'] as const)
      events.breakerChanged({ operator: 'a', messageClass: 'normal', state })
    assert.deepEqual(lines, ['circuit breaker opened', 'circuit breaker half-open', 'circuit breaker closed'])
  })

  it('show the links of an operator that has some, and log one that is down once a minute', async () => {
    assert.ok(!(await registry.metrics()).includes('chapar_operator_links{'))
    const links = (up: number, reason: string) =>
      events.adapterLearned('a', { kind: 'links', up, configured: 2, reason })
    links(1, '')
    links(2, '')
    for (let time = 0; time < 3; time++) links(1, 'link: ECONNRESET')
    const accepted = { kind: 'accepted', operatorMessageId: '1' } as const
    events.adapterLearned('a', {
      ...{ kind: 'late_result', reference: 'r', part: 1, parts: 1, result: accepted },
    })
    events.adapterLearned('a', { kind: 'malformed_pdu' })
    const text = await registry.metrics()
    for (const line of [
      'chapar_operator_links{operator="a",state="up"} 1',
      'chapar_operator_links{operator="a",state="configured"} 2',
      'chapar_operator_link_events_total{operator="a",event="late_result"} 1',
      'chapar_operator_link_events_total{operator="a",event="malformed_pdu"} 1',
      'chapar_operator_link_events_total{operator="a",event="repeated_response"} 0',
    ])
      assert.ok(text.includes(line), line)
    assert.deepEqual(lines, ['all operator links are up', 'operator link is down'])
  })
})
