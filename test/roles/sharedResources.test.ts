import assert from 'node:assert/strict'
import { openTcpProxy } from '../../dev/tcpProxy.ts'
import type { TcpProxy } from '../../dev/tcpProxy.ts'
import { createLifecycle } from '../../src/platform/lifecycle.ts'
import type { Lifecycle } from '../../src/platform/lifecycle.ts'
import { loadConfig } from '../../src/roles/config.ts'
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

  const start = () => {
    const config = loadConfig({ ROLE: 'api', DATABASE_URL: proxy.url, AMQP_URL: stack.amqpUrl })
    return openSharedResources(config, logger, lifecycle)
  }

  it('waits for a database that goes away in the middle of it', async () => {
    let cuts = 0
    const end = proxy.onBytes((bytes, direction, link) => {
      // The self-test is the last thing it does there, and the migrations are over.
      if (direction !== 'toServer' || !bytes.includes('skip_locked_probe')) return
      cuts++
      end()
      link.cut()
    })
    const foundation = await start()
    assert.equal(cuts, 1)
    assert.ok(lines().some(({ message }) => message === 'the database is away'))
    assert.ok(foundation.newId())
  })

  it('begins a step again whose COMMIT was not answered', async () => {
    const lost: LostCommit[] = []
    const end = proxy.onBytes((bytes, direction) => {
      if (direction !== 'toServer' || !bytes.includes('skip_locked_probe')) return
      end()
      lost.push(loseCommit(proxy, 'answer'))
    })
    const foundation = await start()
    assert.deepEqual(
      lost.map((commit) => commit.count()),
      [1],
    )
    assert.ok(foundation.newId())
  })
})
