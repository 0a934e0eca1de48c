import assert from 'node:assert/strict'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { get } from 'node:https'
import type { TLSSocket } from 'node:tls'
import { run } from '../../dev/processes/run.ts'
import { freePorts } from '../../dev/servers/ports.ts'
import type { Program } from '../../dev/stack/programs.ts'
import { loadConfig } from '../../src/roles/config.ts'
import { readImage } from '../docker/composeFile.ts'
import { createAuthority } from '../support/certificates.ts'
import { startEngineProcess } from '../support/engineProcess.ts'
import { eventually } from '../support/eventually.ts'
import { freshStack } from '../support/servers.ts'
import type { Stack } from '../support/servers.ts'
import { linesOf, pidsOf } from './severalProcesses.ts'

/** On connections of their own, so that every process gets some. */
const REQUESTS = 10

for (const processes of [1, 2]) {
  describe(`an API over HTTPS, in ${processes} processes`, () => {
    const authority = createAuthority()
    const files = authority.issue('server', ['IP:127.0.0.1', 'DNS:first'])
    let stack: Stack
    let engine: Program
    before(async () => {
      stack = await freshStack()
      const [port = 0] = await freePorts(1)
      engine = await startEngineProcess(stack, {
        ...{ role: 'api', port },
        env: {
          ...{ HTTPS_CERT_FILE: files.certFile, HTTPS_KEY_FILE: files.keyFile, PORT: '0' },
          ...{ METRICS_LISTEN_ADDR: `127.0.0.1:${port}`, API_PROCESSES: String(processes) },
        },
      })
    })
    after(async () => {
      await engine.stop()
      await stack.drop()
      rmSync(authority.folder, { recursive: true })
    })

    const saying = (message: string) => linesOf(engine, message)
    const ask = (): Promise<{ status: number | undefined; names: string | undefined }> =>
      new Promise((resolve, reject) => {
        const url = `${String(saying('serving')[0]?.['url'])}/healthz`
        const request = get(url, { agent: false, ca: readFileSync(authority.caFile) }, (response) => {
          const names = (response.socket as TLSSocket).getPeerCertificate().subjectaltname
          response.resume().on('end', () => resolve({ status: response.statusCode, names }))
        })
        request.on('error', reject)
      })
    const namesServed = async () => {
      const answers = await Promise.all(Array.from({ length: REQUESTS }, ask))
      assert.ok(answers.every(({ status }) => status === 200))
      return [...new Set(answers.map(({ names }) => /DNS:(\w+)/.exec(names ?? '')?.[1]))]
    }

    it('serves it with the certificate, and metrics without one at their own address', async () => {
      await eventually('all serve', () => pidsOf(saying('serving')).size >= processes)
      assert.match(String(saying('serving')[0]?.['url']), /^https:/)
      assert.deepEqual(await namesServed(), ['first'])
      assert.equal((await fetch(`${engine.url}/metrics`)).status, 200)
    })

    it('is asked for its health by the image, whatever the certificate names', async () => {
      const [, ...args] = readImage().healthcheck
      const { port } = new URL(String(saying('serving')[0]?.['url']))
      const env = { HTTPS_CERT_FILE: files.certFile, PORT: port }
      await run(process.execPath, args, { env, timeoutMs: 10_000 })
    })

    it('shows the certificate of the files that are read again on SIGHUP', async () => {
      authority.issue('server', ['IP:127.0.0.1', 'DNS:second'])
      process.kill(engine.pid, 'SIGHUP')
      await eventually('all have read them', () => saying('certificate renewed').length === processes)
      assert.deepEqual(await namesServed(), ['second'])
    })

    it('keeps it when the files are wrong, and says so', async () => {
      writeFileSync(files.keyFile, 'no key')
      process.kill(engine.pid, 'SIGHUP')
      const refused = 'certificate refused; the one before stays in effect'
      await eventually('all have refused them', () => saying(refused).length === processes)
      assert.deepEqual(await namesServed(), ['second'])
    })
  })
}

describe('the settings of HTTPS', () => {
  const env = { DATABASE_URL: 'mysql://u:p@db/name', ROLE: 'api' }

  it('belong together', () => {
    for (const name of ['HTTPS_CERT_FILE', 'HTTPS_KEY_FILE'])
      assert.throws(() => loadConfig({ ...env, [name]: '/tls.pem' }), /belong together: set both or neither/)
    assert.equal(loadConfig({ ...env, HTTPS_CERT_FILE: '/c.pem', HTTPS_KEY_FILE: '/k.pem' }).readsAgain, true)
    assert.deepEqual([loadConfig(env).tls, loadConfig(env).readsAgain], [undefined, false])
  })

  it('are no slip of what OpenSSL is told by', () => {
    assert.equal(loadConfig({ ...env, SSL_CERT_FILE: '/ca.pem', SSL_CERT_DIR: '/ca' }).tls, undefined)
  })
})
