import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { HTTP_LIMITS, listen, openStream } from '../../../src/platform/http/index.ts'
import type { EventStream, Route } from '../../../src/platform/http/index.ts'
import { testApp } from '../../support/app.ts'
import { eventually } from '../../support/eventually.ts'

describe('a stream of server-sent events', () => {
  const opened: EventStream[] = []
  let ended = 0
  const route: Route = {
    ...{ method: 'get', path: '/stream', access: 'public' },
    handle(_request, response) {
      opened.push(openStream(response))
      response.on('close', () => ended++)
    },
  }
  const unfinished: Route = { method: 'get', path: '/unfinished', access: 'public', handle: () => {} }
  const serve = async () => {
    const { app, log, metrics } = testApp([route, unfinished])
    const limits = { ...HTTP_LIMITS, answerTimeoutMs: 50 }
    const listener = await listen(app, { host: '127.0.0.1', port: 0 }, log.logger, limits)
    const socket = connect(listener.port, '127.0.0.1')
    socket.write('GET /stream HTTP/1.1\r\nHost: localhost\r\n\r\n')
    let text = ''
    socket.on('data', (chunk) => (text += chunk.toString()))
    await eventually('it has begun', () => text.includes('\r\n\r\n'))
    return { listener, socket, metrics, text: () => text, stream: opened.at(-1) as EventStream }
  }

  it('outlives the time limit of answers, is in no metric of durations, and ends when its owner ends it', async () => {
    const { listener, socket, metrics, text, stream } = await serve()
    assert.match(text(), /content-type: text\/event-stream/i)
    // An answer that began later is cut: the checks have passed the stream by.
    const other = connect(listener.port, '127.0.0.1')
    other.write('GET /unfinished HTTP/1.1\r\nHost: localhost\r\n\r\n')
    other.resume()
    await once(other, 'close')
    stream.send('tick', '{}')
    await eventually('it goes on', () => text().includes('tick'))
    assert.equal(socket.destroyed, false)
    assert.match(text(), /event: tick\ndata: \{\}\n\n/)
    const closed = listener.close(5_000)
    stream.end()
    await closed
    assert.doesNotMatch(await metrics.registry.metrics(), /http_request_duration_seconds_count\{.*"\/stream"/)
    stream.send('late', '{}')
  })

  it('is cut when its client reads too slowly, so that memory stays bounded', async () => {
    const { listener, socket, stream } = await serve()
    socket.pause()
    const before = ended
    await eventually('it is cut', () => {
      stream.send('tick', 'x'.repeat(256 * 1024))
      return ended > before
    })
    socket.destroy()
    await once(socket, 'close')
    await listener.close(1_000)
  })
})
