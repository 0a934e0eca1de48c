import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { createServer, getCACertificates, setDefaultCACertificates } from 'node:tls'
import type { TLSSocket } from 'node:tls'
import { dial } from '../../../../src/operators/smpp/session/dial.ts'

const read = (file: string) => readFileSync(new URL(file, import.meta.url), 'utf8')
const CERTIFICATE = read('./localhost.cert.pem')

describe('dialling an operator over TLS', () => {
  const before = getCACertificates('default')
  const server = createServer({ cert: CERTIFICATE, key: read('./localhost.key.pem') }, (socket) => {
    socket.on('error', () => {})
  })
  const port = () => (server.address() as AddressInfo).port
  beforeEach(async () => {
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
  })
  afterEach(async () => {
    setDefaultCACertificates(before)
    server.close()
    await once(server, 'close')
  })

  it('refuses a certificate that nobody vouches for', async () => {
    const { socket } = dial(`ssmpp://localhost:${port()}`)
    const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException]
    assert.equal(error.code, 'DEPTH_ZERO_SELF_SIGNED_CERT')
  })

  it('connects where the certificate is trusted and has the name or the address', async () => {
    setDefaultCACertificates([CERTIFICATE])
    for (const host of ['localhost', '127.0.0.1']) {
      const { socket, connected } = dial(`ssmpp://${host}:${port()}`)
      await once(socket, connected)
      assert.ok((socket as TLSSocket).encrypted)
      socket.destroy()
    }
  })
})
