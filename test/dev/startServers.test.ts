import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join, resolve } from 'node:path'
import { startServers } from '../../dev/servers.ts'
import type { KeptIdentity } from '../../dev/servers/keepIdentity.ts'
import { waitUntil } from '../../dev/processes/waitUntil.ts'
import { chooseEngines } from '../../dev/servers/chooseEngines.ts'
import { privateServers } from '../support/servers.ts'

const SERVERS_TIMEOUT_MS = 600_000

describe('the start of private servers', function () {
  this.timeout(SERVERS_TIMEOUT_MS)
  const dataDir = resolve(join('.local', 'test', `start-again-${process.pid}`))
  before(function () {
    privateServers(this)
  })
  after(() => rm(dataDir, { recursive: true, force: true }))

  const identity = () =>
    readFile(join(dataDir, 'identity.json'), 'utf8').then(
      (text) => JSON.parse(text) as KeptIdentity,
      () => undefined,
    )

  it('is repeated on other ports when one is taken after it was found free', async () => {
    const choice = await chooseEngines(process.env, { mayFallBack: false })
    const lines: string[] = []
    const starting = startServers({ dataDir, ...choice, onProgress: (line) => lines.push(line) })
    // The broker reads its configuration for a second before it listens.
    const first = await waitUntil(identity, { what: 'ports', timeoutMs: 300_000, intervalMs: 5 })
    const stranger = createServer()
    try {
      await once(stranger.listen(first.distributionPort, '127.0.0.1'), 'listening')
      await starting
      const second = await identity()
      assert.notEqual(second?.distributionPort, first.distributionPort)
      assert.deepEqual({ ...second, distributionPort: first.distributionPort }, first)
      assert.match(lines.join('\n'), /RabbitMQ ended with exit code 1 while starting[^]*starting both again/)
    } finally {
      stranger.close()
      await starting.then((servers) => servers.stop()).catch(() => {})
    }
  })
})
