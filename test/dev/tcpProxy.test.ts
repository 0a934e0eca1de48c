import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'
import { eventually } from '../support/eventually.ts'
import { STRAIGHT, openTcpProxy } from '../../dev/tcpProxy.ts'
import type { TcpProxy } from '../../dev/tcpProxy.ts'

interface Client {
  socket: Socket
  /** All that arrived so far. */
  got: () => string
  /** How the connection came to its end, once it did. */
  ended: () => 'open' | 'end' | 'reset'
}

describe('the TCP proxy', () => {
  let server: Server
  let proxy: TcpProxy
  const atServer: Client[] = []
  const clients: Client[] = []

  before(async () => {
    // Says everything twice, and keeps its own side open when the client ends.
    server = createServer({ allowHalfOpen: true }, (socket) => {
      atServer.push(listenTo(socket))
      socket.on('data', (bytes: Buffer) => socket.write(`${bytes.toString()}${bytes.toString()}`))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    proxy = await openTcpProxy(
      `echo://user:secret@127.0.0.1:${(server.address() as AddressInfo).port}/path?a=1`,
    )
  })
  afterEach(() => {
    proxy.resume()
    proxy.admit()
    for (const { socket } of [...clients.splice(0), ...atServer.splice(0)]) socket.destroy()
  })
  after(async () => {
    await proxy.close()
    await new Promise((resolve) => server.close(resolve))
  })

  function listenTo(socket: Socket): Client {
    let text = ''
    let end: 'open' | 'end' | 'reset' = 'open'
    socket.on('data', (bytes: Buffer) => (text += bytes.toString()))
    socket.on('end', () => (end = 'end'))
    socket.on('error', () => (end = 'reset'))
    return { socket, got: () => text, ended: () => end }
  }

  function dial(): Client {
    const { hostname, port } = new URL(proxy.url)
    const client = listenTo(connect({ host: hostname, port: Number(port), allowHalfOpen: true }))
    clients.push(client)
    return client
  }

  async function join(): Promise<Client> {
    const client = dial()
    await once(client.socket, 'connect')
    return client
  }

  async function say(client: Client, text: string): Promise<void> {
    const wanted = `${client.got()}${text}${text}`
    client.socket.write(text)
    await eventually(`an answer to ${text}`, () => client.got() === wanted)
  }

  it('passes bytes both ways, and keeps the other parts of the URL', async () => {
    await say(await join(), 'a')
    const { username, password, pathname, search } = new URL(proxy.url)
    assert.deepEqual([username, password, pathname, search], ['user', 'secret', '/path', '?a=1'])
  })

  it('passes more than the sockets take at once', async () => {
    await say(await join(), 'x'.repeat(8_000_000))
  })

  it('holds everything back while silent, the end included, and passes it on afterwards', async () => {
    const client = await join()
    await say(client, 'a')
    proxy.links()[0]?.silence()
    client.socket.end('b')
    await say(await join(), 'another link goes on')
    assert.deepEqual([client.got(), atServer[0]?.got(), atServer[0]?.ended()], ['aa', 'a', 'open'])
    proxy.links()[0]?.resume()
    await eventually('the end arrived', () => atServer[0]?.ended() === 'end')
    await eventually('the answer arrived', () => client.got() === 'aabb')
  })

  it('keeps a reset of one end from the other while silent, and passes it on afterwards', async () => {
    const client = await join()
    await say(client, 'a')
    proxy.links()[0]?.silence()
    atServer[0]?.socket.resetAndDestroy()
    await say(await join(), 'another link goes on')
    await eventually('the server is gone', () => atServer[0]?.socket.closed === true)
    client.socket.write('b')
    await say(await join(), 'and another')
    assert.equal(client.ended(), 'open')
    proxy.links()[0]?.resume()
    await eventually('the reset arrived', () => client.ended() === 'reset')
  })

  it('can silence one direction only', async () => {
    const client = await join()
    await say(client, 'a')
    proxy.links()[0]?.silence('toClient')
    client.socket.write('b')
    await eventually('the server heard it', () => atServer[0]?.got() === 'ab')
    await say(await join(), 'another link goes on')
    assert.equal(client.got(), 'aa')
  })

  it('is silent to links that come while it is', async () => {
    proxy.silence()
    const client = await join()
    client.socket.write('a')
    await eventually('it got through to the server', () => atServer.length === 1)
    assert.deepEqual([atServer[0]?.got(), client.got()], ['', ''])
    proxy.resume()
    await eventually('the answer arrived', () => client.got() === 'aa')
  })

  it('resets both ends when it cuts', async () => {
    const client = await join()
    await say(client, 'a')
    proxy.cut()
    await eventually('both see it', () => client.ended() === 'reset' && atServer[0]?.ended() === 'reset')
    assert.deepEqual(proxy.links(), [])
  })

  it('ends one direction and lets the other flow', async () => {
    const client = await join()
    await say(client, 'a')
    proxy.links()[0]?.halfClose('toClient')
    await eventually('the client sees the end', () => client.ended() === 'end')
    client.socket.write('b')
    await eventually('the server still hears it', () => atServer[0]?.got() === 'ab')
    assert.equal(atServer[0]?.ended(), 'open')
  })

  it('keeps the order of what it delays, whatever comes after', async () => {
    const client = await join()
    await say(client, 'a')
    proxy.shape({ delayMs: 60, bytesPerSecond: Infinity })
    client.socket.write('b')
    client.socket.write('c')
    await eventually('it is on its way', () => client.socket.bytesWritten === 3)
    proxy.shape(STRAIGHT)
    client.socket.write('d')
    await eventually('all of it arrived', () => atServer[0]?.got().length === 4)
    assert.equal(atServer[0]?.got(), 'abcd')
  })

  it('passes all of it over a slow link, the end last', async () => {
    proxy.shape({ delayMs: 0, bytesPerSecond: 4_000_000 })
    const client = await join()
    client.socket.end('x'.repeat(400_000))
    await eventually('the end arrived', () => atServer[0]?.ended() === 'end')
    assert.equal(atServer[0]?.got().length, 400_000)
    proxy.shape(STRAIGHT)
  })

  it('holds back what is delayed for long, and lets the next link go on', async () => {
    const client = await join()
    await say(client, 'a')
    proxy.links().at(-1)?.shape({ delayMs: 600_000, bytesPerSecond: Infinity })
    client.socket.write('b')
    await say(await join(), 'another link goes on')
    assert.equal(atServer[0]?.got(), 'a')
  })

  it('refuses new links and lets the present ones go on', async () => {
    const client = await join()
    proxy.refuse()
    const refused = dial()
    await eventually('it is reset', () => refused.ended() === 'reset')
    await say(client, 'a')
    proxy.admit()
    await say(await join(), 'b')
  })

  it('leads new links to another server once it is redirected, and the present ones go on', async () => {
    const other = createServer((socket) => void socket.end('other'))
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    const present = await join()
    proxy.redirect(`echo://127.0.0.1:${(other.address() as AddressInfo).port}`)
    const next = dial()
    await eventually('the other server has answered', () => next.got() === 'other')
    present.socket.write('b')
    await eventually('the first server still answers', () => present.got().endsWith('bb'))
    proxy.redirect(`echo://127.0.0.1:${(server.address() as AddressInfo).port}`)
    other.close()
  })

  it('is not there for new links until it is opened again, and the present ones go on', async () => {
    const client = await join()
    proxy.shut()
    await eventually('nobody listens', async () => {
      const refused = connect(Number(new URL(proxy.url).port), '127.0.0.1')
      const [error] = (await once(refused, 'error').catch((reason: unknown) => [reason])) as [
        { code?: string },
      ]
      return error.code === 'ECONNREFUSED'
    })
    await say(client, 'a')
    await proxy.reopen()
    await say(await join(), 'b')
  })

  it('shows bytes before they pass, so that a link can be cut in front of them', async () => {
    const client = await join()
    const forget = proxy.onBytes((bytes, direction, link) => {
      if (direction === 'toServer' && bytes.toString() === 'stop') link.cut()
    })
    await say(client, 'go')
    client.socket.write('stop')
    await eventually('the client sees the cut', () => client.ended() === 'reset')
    assert.equal(atServer[0]?.got(), 'go')
    forget()
    await say(await join(), 'stop')
  })
})
