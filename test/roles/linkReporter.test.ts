import assert from 'node:assert/strict'
import { linkReporter } from '../../src/roles/linkReporter.ts'
import { Registry } from '../../src/platform/telemetry/index.ts'
import { memoryLog } from '../support/memoryLog.ts'

describe('the log of connections to RabbitMQ', () => {
  const report = (nowMs: () => number) => {
    const { logger, lines } = memoryLog()
    const messages = () => lines().map(({ level, message, link, reason }) => [level, message, link, reason])
    const registry = new Registry()
    return { onState: linkReporter(logger, registry, nowMs), messages, registry }
  }

  it('has a line for each change, with its reason', () => {
    const { onState, messages } = report(() => 0)
    onState('relay', 'up', 'connected')
    onState('relay', 'down', 'Heartbeat timeout')
    onState('relay', 'blocked', 'low on memory')
    assert.deepEqual(messages(), [
      ['info', 'connected to RabbitMQ', 'relay', 'connected'],
      ['warn', 'disconnected from RabbitMQ', 'relay', 'Heartbeat timeout'],
      ['warn', 'RabbitMQ accepts no publishes, because of an alarm', 'relay', 'low on memory'],
    ])
  })

  it('repeats failed attempts once a minute, for each connection by itself', () => {
    let nowMs = 0
    const { onState, messages } = report(() => nowMs)
    for (nowMs = 0; nowMs < 120_000; nowMs += 3_000) onState('relay', 'down', 'ECONNREFUSED')
    onState('consumer', 'down', 'ECONNREFUSED')
    assert.deepEqual(
      messages().map(([, , link]) => link),
      ['relay', 'relay', 'consumer'],
    )
  })

  it('shows which connections work, and counts how often each was lost', async () => {
    const { onState, registry } = report(() => 0)
    onState('chapar relay normal', 'up', 'connected')
    onState('chapar relay normal', 'blocked', 'low on memory')
    onState('chapar relay normal', 'down', 'Heartbeat timeout')
    onState('chapar consumer normal', 'down', 'ECONNREFUSED')
    onState('chapar consumer normal', 'up', 'connected')
    const text = await registry.metrics()
    for (const line of [
      'chapar_broker_link_up{link="relay normal"} 0',
      'chapar_broker_link_losses_total{link="relay normal"} 1',
      'chapar_broker_link_up{link="consumer normal"} 1',
      'chapar_broker_link_losses_total{link="consumer normal"} 0',
    ])
      assert.ok(text.split('\n').includes(line), text)
  })
})
