import assert from 'node:assert/strict'
import type { ConnectionEvents } from '../../../loadtest/generator/connection.ts'
import { Exchange } from '../../../loadtest/generator/exchange.ts'

/** An exchange whose clock and whose connections are in the hands of the test. */
function stage(connectionsMax = 2) {
  const clock = { nowMs: 0 }
  const opened: { events: ConnectionEvents; sent: string[]; isDestroyed: boolean }[] = []
  const exchange = new Exchange({
    ...{ baseUrl: 'http://127.0.0.1:1', connectionsMax, nowMs: () => clock.nowMs },
    open(_url, events) {
      const connection = { events, sent: [] as string[], isDestroyed: false }
      opened.push(connection)
      return {
        send: (text) => void connection.sent.push(text),
        destroy: () => (connection.isDestroyed = true),
      }
    },
  })
  const answers: string[] = []
  const send = () => exchange.send('request', ({ answer }) => answers.push(answer))
  const respond = (connection: number, named: { keepsOpen?: boolean; idleMs?: number } = {}) =>
    opened[connection]?.events.onResponse({
      status: 200,
      body: '{}',
      keepsOpen: true,
      idleMs: undefined,
      ...named,
    })
  return { clock, exchange, opened, answers, send, respond }
}

describe('the connections of a load', () => {
  it('are as many as may be, and used again', () => {
    const { exchange, opened, send, respond } = stage(2)
    send()
    send()
    assert.equal(exchange.hasRoom(), false)
    respond(0)
    assert.equal(exchange.hasRoom(), true)
    send()
    assert.deepEqual(
      opened.map(({ sent }) => sent.length),
      [2, 1],
    )
  })

  it('are left before the server closes them for being idle', () => {
    for (const [idleMs, waitedMs, connections] of [
      [65_000, 63_999, 1],
      [65_000, 64_000, 2],
      [undefined, 3_999, 1],
      [undefined, 4_000, 2],
    ] as const) {
      const { clock, opened, send, respond } = stage()
      send()
      respond(0, idleMs === undefined ? {} : { idleMs })
      clock.nowMs = waitedMs
      send()
      assert.equal(opened.length, connections, `idle for ${waitedMs} of ${idleMs}`)
    }
  })

  it('are not used again after an answer that says so, nor after one without a request', () => {
    const { exchange, opened, send, respond, answers } = stage(1)
    send()
    respond(0, { keepsOpen: false })
    assert.equal(opened[0]?.isDestroyed, true)
    send()
    respond(1)
    respond(1)
    assert.equal(opened[1]?.isDestroyed, true)
    assert.equal(exchange.hasRoom(), true)
    send()
    assert.equal(opened.length, 3)
    assert.deepEqual(answers, ['200', '200'])
  })

  it('that end while they are idle make room for others', () => {
    const { exchange, opened, send, respond, answers } = stage(1)
    send()
    respond(0)
    opened[0]?.events.onLost('closed')
    assert.equal(exchange.hasRoom(), true)
    send()
    assert.equal(exchange.hasRoom(), false)
    opened[1]?.events.onLost('ECONNRESET')
    assert.deepEqual(answers, ['200', 'no answer (ECONNRESET)'])
  })

  it('give up a request after half a minute', () => {
    const { clock, exchange, opened, send, answers } = stage()
    send()
    clock.nowMs = 30_000
    exchange.expire()
    assert.deepEqual(answers, [])
    clock.nowMs = 30_001
    exchange.expire()
    assert.deepEqual(answers, ['no answer (timeout)'])
    assert.equal(opened[0]?.isDestroyed, true)
  })
})
