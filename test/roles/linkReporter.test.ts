import assert from 'node:assert/strict'
import { linkReporter } from '../../src/roles/linkReporter.ts'
import { memoryLog } from '../support/memoryLog.ts'

describe('the log of connections to RabbitMQ', () => {
  const report = (nowMs: () => number) => {
    const { logger, lines } = memoryLog()
    const messages = () => lines().map(({ level, message, link, reason }) => [level, message, link, reason])
    return { onState: linkReporter(logger, nowMs), messages }
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
})
