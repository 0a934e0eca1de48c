import assert from 'node:assert/strict'
import type { Program } from '../../dev/stack/programs.ts'
import { allServe, startSeveral, workersOf } from '../journeys/severalProcesses.ts'
import { call, recipients, send, topUp } from '../support/api.ts'
import { eventually } from '../support/eventually.ts'
import { freshStack } from '../support/servers.ts'
import type { Stack } from '../support/servers.ts'
import { freshSimulators } from '../support/simulators.ts'
import { ADMIN_KEY, follow, signIn } from './signIn.ts'

interface Seen {
  processes: { roles: string[] }[]
  classes: Record<string, { acceptedPerSecond: number; handedOverPerSecond: number }>
}

describe('the operations page of an engine with two API processes', () => {
  let stack: Stack
  let engine: Program
  before(async () => {
    stack = await freshStack()
    await freshSimulators()
    engine = await startSeveral(stack, { env: { ADMIN_API_KEY: ADMIN_KEY } })
    await allServe(engine)
  })
  after(async () => {
    await engine.stop()
    await stack.drop()
  })

  it('knows a session in each of them, and shows the same of all', async () => {
    const { cookie, reading } = await signIn(engine.url)
    // Each on a connection of its own, which any process may take.
    for (let count = 0; count < 20; count++)
      assert.equal((await call(engine.url, 'GET', '/v1/admin/operators', reading)).status, 200)
    await topUp(engine.url, 7, 1_000)
    for (let count = 0; count < 20; count++)
      await send(engine.url, { customer_id: 7, recipients: recipients(5, count * 5) })
    const streams = await Promise.all(Array.from({ length: 6 }, () => follow(engine.url, cookie)))
    await eventually('each has seen every process and what was handed over', () =>
      streams.every((stream) => {
        const live = stream.last('live') as unknown as Seen | undefined
        const isWhole =
          live?.processes.length === 3 && live.processes.some(({ roles }) => roles.includes('relay'))
        return isWhole && (live.classes['normal']?.handedOverPerSecond ?? 0) > 0
      }),
    )
    for (const stream of streams) stream.end()
  })

  it('ends for all when somebody signs out at one of them', async () => {
    const { cookie, changing } = await signIn(engine.url)
    const streams = await Promise.all(Array.from({ length: 4 }, () => follow(engine.url, cookie)))
    await fetch(`${engine.url}/ops/api/session`, { method: 'DELETE', ...changing })
    await Promise.all(streams.map(({ ended }) => ended))
    assert.ok(streams.every(({ events }) => events.at(-1)?.event === 'signed_out'))
  })

  it('ends its streams on a shutdown, which does not wait for them', async () => {
    const { cookie } = await signIn(engine.url)
    const streams = await Promise.all(Array.from({ length: 4 }, () => follow(engine.url, cookie)))
    assert.ok(streams.every(({ status }) => status === 200))
    assert.equal(workersOf(engine).length, 2)
    await engine.stop()
    await Promise.all(streams.map(({ ended }) => ended))
    assert.match(engine.output(), /"message":"stopped"/)
    assert.doesNotMatch(engine.output(), /did not close in time|not everything could be closed/)
  })
})
