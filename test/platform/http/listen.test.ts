import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { connect } from 'node:net'
import { listen } from '../../../src/platform/http/index.ts'
import { HTTP_LIMITS } from '../../../src/platform/http/connectionLimits.ts'
import { StartupFault } from '../../../src/platform/startupFault.ts'
import { memoryLog } from '../../support/memoryLog.ts'
import { eventually } from '../../support/eventually.ts'

const LOOPBACK = { host: '127.0.0.1', port: 0 }

/** A server whose answers the test gives, and a plain socket that keeps its connection alive. */
async function start({ partingMs = 0 } = {}) {
  const waiting: ServerResponse[] = []
  const { logger } = memoryLog()
  const limits = { ...HTTP_LIMITS, partingMs }
  const listener = await listen((_request, response) => waiting.push(response), LOOPBACK, logger, limits)
  async function open() {
    const socket = connect(listener.port, '127.0.0.1')
    let received = ''
    let closed = false
    socket.on('data', (chunk) => (received += chunk.toString()))
    socket.on('close', () => (closed = true))
    socket.on('error', () => {})
    await once(socket, 'connect')
    const send = () => socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
    return { socket, send, received: () => received, isClosed: () => closed }
  }
  async function ask() {
    const client = await open()
    client.send()
    return client
  }
  return { listener, waiting, open, ask }
}

describe('the listener', () => {
  it('says in one line that a port is in use, and what to do', async () => {
    const { logger } = memoryLog()
    const first = await listen(() => {}, LOOPBACK, logger)
    const again = listen(() => {}, { ...LOOPBACK, port: first.port }, logger)
    await assert.rejects(again, (error: Error) => {
      assert.ok(error instanceof StartupFault)
      assert.match(error.message, /^cannot listen on 127\.0\.0\.1:\d+: the port is in use; .*PORT=\d+$/)
      return true
    })
    await first.close(1_000)
  })

  it('says in one line that an address is not to be had', async () => {
    const elsewhere = listen(() => {}, { host: '192.0.2.1', port: 0 }, memoryLog().logger)
    await assert.rejects(elsewhere, /^StartupFault: cannot listen on 192\.0\.2\.1:0: /)
  })

  it('tells where it is, in IPv6 too', async () => {
    const { logger } = memoryLog()
    const listener = await listen((_request, response) => response.end('here'), LOOPBACK, logger)
    assert.equal(listener.url, `http://127.0.0.1:${listener.port}`)
    assert.equal(await (await fetch(listener.url)).text(), 'here')
    await listener.close(1_000)
  })

  it('lets a request in flight finish when it closes, takes no new connection, and ends the kept one', async () => {
    const { listener, waiting, ask } = await start()
    const client = await ask()
    await eventually('the request arrived', () => waiting.length === 1)
    let isClosed = false
    const closed = listener.close(60_000).then(() => (isClosed = true))
    const late = connect(listener.port, '127.0.0.1')
    const [refused] = (await once(late, 'error')) as [NodeJS.ErrnoException]
    assert.equal(refused.code, 'ECONNREFUSED')
    assert.equal(isClosed, false)
    waiting[0]?.end('done')
    await closed
    await eventually('the connection is closed', client.isClosed)
    assert.match(client.received(), /^HTTP\/1\.1 200 OK\r\n(.|\r\n)*done/)
  })

  it('asks clients with a request in flight to close, and closes idle connections at once', async () => {
    const { listener, waiting, ask } = await start()
    const idle = await ask()
    await eventually('the request arrived', () => waiting.length === 1)
    waiting.shift()?.end('first')
    await eventually('the answer arrived', () => idle.received().includes('first'))
    const busy = await ask()
    await eventually('the second request arrived', () => waiting.length === 1)
    const closed = listener.close(60_000)
    await eventually('the idle connection is closed', idle.isClosed)
    assert.equal(busy.isClosed(), false)
    waiting.shift()?.end('second')
    await closed
    await eventually('the busy connection is closed', busy.isClosed)
    assert.match(busy.received(), /^Connection: close\r$/m)
  })

  it('answers what is on its way when it closes, over idle, silent and new connections, and ends with the last', async () => {
    const { listener, waiting, open, ask } = await start({ partingMs: 600_000 })
    const idle = await ask()
    await eventually('the request arrived', () => waiting.length === 1)
    waiting.shift()?.end('first')
    await eventually('the answer arrived', () => idle.received().includes('first'))
    const silent = await open()
    const closed = listener.close(600_000)
    const late = await open()
    // One answer after the other: none of them ends the connections of the others, of which the idle one is easily lost.
    const clients = [silent, late, idle]
    for (const client of clients) {
      client.send()
      await eventually('the request arrived', () => waiting.length === 1)
      waiting.shift()?.end('last')
      await eventually('the connection is closed', client.isClosed)
    }
    await closed
    for (const client of clients) {
      assert.match(client.received(), /^Connection: close\r$/m)
      assert.match(client.received(), /last/)
    }
  })

  it('closes a connection whose answer had begun before, once it has ended', async () => {
    const { listener, waiting, ask } = await start()
    const client = await ask()
    await eventually('the request arrived', () => waiting.length === 1)
    waiting[0]?.writeHead(200, { 'Content-Length': '5' }).write('be')
    await eventually('the answer began', () => client.received().includes('be'))
    const closed = listener.close(60_000)
    waiting[0]?.end('gun')
    await closed
    await eventually('the connection is closed', client.isClosed)
    assert.match(client.received(), /begun$/)
  })

  it('cuts what is left after the deadline', async () => {
    const { listener, waiting, ask } = await start()
    const client = await ask()
    await eventually('the request arrived', () => waiting.length === 1)
    await listener.close(10)
    await eventually('the connection is cut', client.isClosed)
    assert.equal(client.received(), '')
  })
})
