import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync, rmSync } from 'node:fs'
import { connect as connectPlain } from 'node:net'
import { connect } from 'node:tls'
import { HTTP_LIMITS, listen, readCertificate } from '../../../src/platform/http/index.ts'
import type { Listener } from '../../../src/platform/http/index.ts'
import { createAuthority } from '../../support/certificates.ts'
import { eventually } from '../../support/eventually.ts'
import { memoryLog } from '../../support/memoryLog.ts'

const LOOPBACK = { host: '127.0.0.1', port: 0 }
/** Only a shutdown ends a handshake. */
const LIMITS = { ...HTTP_LIMITS, headersTimeoutMs: 600_000, requestTimeoutMs: 600_000 }
const REQUEST = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n'

describe('the listener with a certificate', () => {
  const authority = createAuthority()
  const other = createAuthority()
  const issue = (name: string) => readCertificate(authority.issue(name, ['IP:127.0.0.1', `DNS:${name}`]))
  let listener: Listener
  beforeEach(async () => {
    const certificate = issue('first')
    listener = await listen(
      (_, response) => response.end('hello'),
      { ...LOOPBACK, certificate },
      memoryLog().logger,
      LIMITS,
    )
  })
  afterEach(() => listener.close(100))
  after(() => {
    for (const { folder } of [authority, other]) rmSync(folder, { recursive: true })
  })

  const dial = async (caFile = authority.caFile) => {
    const socket = connect({ port: listener.port, host: '127.0.0.1', ca: readFileSync(caFile) })
    await once(socket, 'secureConnect')
    return socket
  }
  const ask = async () => {
    const socket = await dial()
    const name = socket.getPeerCertificate().subject.CN
    socket.write(REQUEST)
    const [answer] = (await once(socket, 'data')) as [Buffer]
    socket.destroy()
    return { name, answer: answer.toString() }
  }

  it('serves HTTPS, and says so in its address', async () => {
    assert.match(listener.url, /^https:/)
    const { name, answer } = await ask()
    assert.equal(name, 'first')
    assert.match(answer, /^HTTP\/1\.1 200 OK[\s\S]*hello$/)
    await assert.rejects(dial(other.caFile), /certificate/)
  })

  it('answers nobody without TLS', async () => {
    const socket = connectPlain(listener.port, '127.0.0.1')
    let received = ''
    socket.on('data', (chunk: Buffer) => (received += chunk.toString()))
    socket.on('error', () => {})
    const closed = once(socket, 'close')
    socket.write(REQUEST)
    await closed
    assert.doesNotMatch(received, /hello/)
  })

  it('shows a renewed certificate to new connections, and keeps the others', async () => {
    const kept = await dial()
    listener.renew(issue('second'))
    assert.equal((await ask()).name, 'second')
    kept.write(REQUEST)
    const [answer] = (await once(kept, 'data')) as [Buffer]
    assert.match(answer.toString(), /hello$/)
    kept.destroy()
  })

  it('closes at once although clients have connected that said nothing, or stopped in the handshake', async () => {
    const silent = await dial()
    const half = connectPlain(listener.port, '127.0.0.1')
    await once(half, 'connect')
    // The beginning of a TLS record that announces more than comes.
    half.write(Buffer.from([22, 3, 1, 2, 0, 1]))
    let open = 2
    for (const socket of [silent, half]) socket.on('error', () => {}).on('close', () => open--)
    const deadlineMs = 500
    await listener.close(deadlineMs)
    await eventually('both are closed', () => open === 0)
  })
})

describe('the files of a certificate', () => {
  const authority = createAuthority()
  after(() => rmSync(authority.folder, { recursive: true }))

  it('are refused in one line when one is missing, or when the key is another one', () => {
    const one = authority.issue('one', ['DNS:one'])
    const two = authority.issue('two', ['DNS:two'])
    assert.ok(Date.parse(readCertificate(one).validUntil) > Date.now())
    assert.throws(
      () => readCertificate({ ...one, keyFile: two.keyFile }),
      /are no certificate with its key: /,
    )
    assert.throws(() => readCertificate({ ...one, certFile: `${one.certFile}.none` }), /ENOENT/)
    assert.throws(
      () => readCertificate({ ...one, certFile: one.keyFile }),
      /are no certificate with its key: /,
    )
  })
})
