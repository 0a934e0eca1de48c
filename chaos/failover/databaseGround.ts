import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { waitUntil } from '../../dev/processes/waitUntil.ts'
import { openTcpProxy } from '../../dev/tcpProxy.ts'
import { startDatabaseGroup } from './databaseGroup.ts'
import type { DatabaseGroup, Member } from './databaseGroup.ts'
import { openRouter } from './router.ts'
import type { Router } from './router.ts'
import type { Ground, GroundOptions, Step } from './scenario.ts'
import { startBroker } from './singleServers.ts'

const ELECTION_TIMEOUT_MS = 120_000
const WATCHED_MS = 45_000
const CALM_MS = 20_000
/** A password of the recovery has 32 characters at most. */
const PASSWORD_BYTES = 16

/** Three MySQL servers in a group behind a router, and one RabbitMQ node. */
export async function databaseGround({ folder, stopList, say }: GroundOptions): Promise<Ground> {
  const data = join(folder, 'data')
  const password = randomBytes(PASSWORD_BYTES).toString('hex')
  const broker = await startBroker(join(data, 'single'), password, say)
  stopList.add(() => broker.stop())
  const group = await startDatabaseGroup(join(data, 'group'), password, say)
  stopList.add(() => group.stop())
  const [first] = group.members as [Member]
  const link = await openTcpProxy(first.url)
  stopList.add(() => link.close())
  const router = openRouter(group, link, first)
  stopList.add(() => router.stop())
  return {
    servers: `${first.name} ${first.version} in a group of three, ${broker.name} ${broker.version}`,
    databaseUrl: link.url,
    links: { databaseLink: link, brokerLink: broker },
    steps: stepsOf(group, router, say),
  }
}

function stepsOf(group: DatabaseGroup, router: Router, say: (line: string) => void): Step[] {
  let killed: Member | undefined
  const untilAnother = async (before: Member) => {
    const startedAtMs = performance.now()
    const what = 'another primary'
    await waitUntil(() => router.target() !== before, {
      what,
      timeoutMs: ELECTION_TIMEOUT_MS,
      intervalMs: 50,
    })
    const seconds = ((performance.now() - startedAtMs) / 1_000).toFixed(1)
    say(`member ${router.target().number} is the primary after ${seconds} s`)
  }
  return [
    {
      what: 'MySQL: primary killed',
      run: (meter) =>
        meter.watch(async () => {
          killed = router.target()
          await killed.kill()
          await untilAnother(killed)
        }, WATCHED_MS),
    },
    {
      what: 'MySQL: it is started and joins again',
      run: (meter) => meter.watch(async () => killed && group.join(killed), CALM_MS),
    },
    {
      what: 'MySQL: primary moved in order',
      run: (meter) =>
        meter.watch(async () => {
          const before = router.target()
          const next = group.members.find((each) => each !== before)
          await Promise.all([next && group.moveTo(next), untilAnother(before)])
        }, CALM_MS),
    },
  ]
}
