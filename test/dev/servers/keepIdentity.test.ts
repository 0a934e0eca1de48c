import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { createServer } from 'node:net'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { keepIdentity } from '../../../dev/servers/keepIdentity.ts'
import { freePorts, isPortFree } from '../../../dev/servers/ports.ts'

describe('ports and passwords of private servers', () => {
  let folder: string
  beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'chapar-identity-'))))
  afterEach(() => rm(folder, { recursive: true }))

  it('are the same at the next start on the same data', async () => {
    const first = await keepIdentity(folder)
    assert.deepEqual(await keepIdentity(folder), first)
    assert.equal((await stat(join(folder, 'identity.json'))).mode & 0o777, 0o600)
  })

  it('differ from one data folder to the next', async () => {
    const one = await keepIdentity(join(folder, 'one'))
    const two = await keepIdentity(join(folder, 'two'))
    assert.notEqual(one.password, two.password)
  })

  it('keep all but a port that another process has taken meanwhile', async () => {
    const before = await keepIdentity(folder)
    const stranger = createServer().listen(before.databasePort, '127.0.0.1')
    await once(stranger, 'listening')
    const after = await keepIdentity(folder)
    stranger.close()
    assert.notEqual(after.databasePort, before.databasePort)
    assert.deepEqual({ ...after, databasePort: before.databasePort }, before)
  })

  it('are free, distinct, and out of the way of outgoing connections', async () => {
    const ports = await freePorts(20)
    assert.equal(new Set(ports).size, 20)
    const range = await readFile('/proc/sys/net/ipv4/ip_local_port_range', 'utf8')
    const firstOutgoing = Number(range.split(/\s+/)[0])
    for (const port of ports) {
      assert.equal(await isPortFree(port), true)
      assert.ok(port < firstOutgoing, `${port} is not below ${firstOutgoing}`)
    }
  })
})
