import fc from 'fast-check'
import { closeDb, openDb } from '../../../src/platform/db/index.ts'
import type { Db } from '../../../src/platform/db/index.ts'
import { openTcpProxy } from '../../../dev/tcpProxy.ts'
import { freshStack } from '../../support/servers.ts'
import type { Stack } from '../../support/servers.ts'
import { clocked, stopClock } from './clock.ts'
import type { StoppedClock } from './clock.ts'
import { openBreakers } from './operators.ts'
import { runHistory } from './run.ts'
import { parametersOf } from './parameters.ts'
import { step } from './steps.ts'
import type { Servers } from './world.ts'

const RUNS = 30
const STEPS_MAX = 40
const SIZES = { maxOpenConns: 12, maxIdleConns: 10, connMaxLifetimeSeconds: 300 }

describe('deliveries under random histories', function () {
  let stack: Stack
  let dbs: Db[]
  let servers: Servers
  let clock: StoppedClock
  const parameters = parametersOf(RUNS)
  this.timeout(parameters.timeoutMs)

  before(async () => {
    stack = await freshStack()
    const proxy = await openTcpProxy(stack.databaseUrl)
    clock = stopClock(0)
    const open = (url: string) => openDb({ url, ...SIZES })
    const [direct, lossy] = (dbs = [open(stack.databaseUrl), open(proxy.url)]) as [Db, Db]
    const [main, proxied] = [clocked(direct, clock), clocked(lossy, clock)]
    servers = { clocked: main, proxied, proxy, breakers: await openBreakers() }
  })
  after(async () => {
    clock.release()
    servers.breakers.close()
    for (const db of dbs) await closeDb(db)
    await servers.proxy.close()
    await stack.drop()
  })

  it('come to what a simple model comes to: owners, leases, marks, endings, money and outbox rows', async () => {
    // Long ones as often as short ones.
    const history = fc.noBias(fc.array(step, { minLength: 1, maxLength: STEPS_MAX, size: 'max' }))
    await fc.assert(
      fc.asyncProperty(history, (steps) => runHistory(servers, clock, steps)),
      parameters.property,
    )
  })
})
