import assert from 'node:assert/strict'
import { openTcpProxy } from '../../dev/tcpProxy.ts'
import type { TcpProxy } from '../../dev/tcpProxy.ts'
import { createLifecycle } from '../../src/platform/lifecycle.ts'
import type { Lifecycle } from '../../src/platform/lifecycle.ts'
import { StartupFault } from '../../src/platform/startupFault.ts'
import { loadConfig } from '../../src/roles/config.ts'
import { openOperators } from '../../src/roles/openOperators.ts'
import { openSharedResources } from '../../src/roles/sharedResources.ts'
import { loseCommit } from '../support/loseCommit.ts'
import type { LostCommit } from '../support/loseCommit.ts'
import { memoryLog } from '../support/memoryLog.ts'
import { freshStack } from '../support/servers.ts'
import type { Stack } from '../support/servers.ts'

describe('the start of a process', () => {
  let stack: Stack
  let proxy: TcpProxy
  const { logger, lines } = memoryLog()
  let lifecycle: Lifecycle
  beforeEach(async () => {
    lifecycle = createLifecycle({ logger, deadlineMs: 5_000, host: { on: () => {}, exit: () => {} } })
    stack = await freshStack()
    proxy = await openTcpProxy(stack.databaseUrl)
  })
  afterEach(async () => {
    await lifecycle.close()
    await proxy.close()
    await stack.drop()
  })

  const start = (url = proxy.url, settings: NodeJS.ProcessEnv = { ROLE: 'api' }) => {
    const config = loadConfig({ ...settings, DATABASE_URL: url })
    return openSharedResources(config, logger, lifecycle)
  }

  it('waits for a database that becomes unavailable in the middle of it', async () => {
    let cuts = 0
    const end = proxy.onBytes((bytes, direction, link) => {
      // The self-test is the last thing it does there, and the migrations are over.
      if (direction !== 'toServer' || !bytes.includes('skip_locked_probe')) return
      cuts++
      end()
      link.cut()
    })
    const resources = await start()
    assert.equal(cuts, 1)
    assert.ok(lines().some(({ message }) => message === 'waiting for the database'))
    assert.ok(resources.newId())
  })

  for (const [what, statement] of [
    ['announces its operators', 'INTO operators'],
    ['reads which of them are paused', 'operators_revision'],
  ] as const)
    it(`waits for a database that becomes unavailable while a consumer ${what}`, async () => {
      const config = {
        ROLE: 'consumer',
        AMQP_URL: 'amqp://127.0.0.1:1',
        OPERATOR_A_URL: 'http://127.0.0.1:1',
      }
      const resources = await start(proxy.url, config)
      const before = lines().length
      const end = proxy.onBytes((bytes, direction, link) => {
        if (direction !== 'toServer' || !bytes.includes(statement)) return
        end()
        link.cut()
      })
      const { parts } = await openOperators(resources)
      for (const part of parts) await part.close(performance.now())
      const waited = lines().slice(before)
      assert.deepEqual(
        waited.filter(({ level }) => level !== 'info').map(({ message }) => message),
        ['waiting for the database'],
      )
    })

  it('begins a step again whose COMMIT was not answered', async () => {
    const lost: LostCommit[] = []
    const end = proxy.onBytes((bytes, direction) => {
      if (direction !== 'toServer' || !bytes.includes('skip_locked_probe')) return
      end()
      lost.push(loseCommit(proxy, 'answer'))
    })
    const resources = await start()
    assert.deepEqual(
      lost.map((commit) => commit.count()),
      [1],
    )
    assert.ok(resources.newId())
  })

  for (const [what, change] of [
    ['password', (url: URL) => (url.password = 'wrong')],
    ['database', (url: URL) => (url.pathname = '/no_such_database')],
  ] as const)
    it(`ends in one line when the ${what} is wrong`, async () => {
      const url = new URL(proxy.url)
      change(url)
      await assert.rejects(start(url.toString()), (error) => {
        assert.ok(error instanceof StartupFault)
        assert.match(
          error.message,
          /^the database refuses the connection that DATABASE_URL describes: [^\n]+$/,
        )
        return true
      })
    })
})
