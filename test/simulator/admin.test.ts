import assert from 'node:assert/strict'
import { GOOD_BEHAVIOUR } from '../../simulator/behaviour.ts'
import type { Recorded } from '../../simulator/record.ts'
import { eventually } from '../support/eventually.ts'
import { message, messages } from '../operators/messages.ts'
import { spawnSimulator } from './simulatorProcess.ts'
import type { SimulatorProcess } from './simulatorProcess.ts'
import { submit } from './submit.ts'

describe("the simulator's admin routes", () => {
  let simulator: SimulatorProcess
  before(async () => {
    simulator = await spawnSimulator({ NAME: 'sim', SEED: '7' })
  })
  after(() => simulator.stop())
  beforeEach(async () => {
    await simulator.admin.behave({})
    await simulator.admin.forget()
  })

  it('does not know a reference that never came', async () => {
    assert.deepEqual(await simulator.admin.submission('x:1'), { reference: 'x:1', seen: 0, taken: 0 })
  })

  it('exports what it knows, and forgets it when told to', async () => {
    const call = messages(100)
    for (let time = 0; time < 3; time++) await submit(simulator.url, call)
    const exported: Recorded[] = []
    for await (const each of simulator.admin.submissions()) exported.push(each)
    assert.deepEqual(
      exported.map(({ reference, to, taken }) => `${reference} ${to} ${taken}`).sort(),
      call.map(({ reference, to }) => `${reference} ${to} 3`).sort(),
    )
    const { repeats, repeatedReferences } = await simulator.admin.summary()
    assert.deepEqual([repeats, repeatedReferences], [200, 100])
    await simulator.admin.forget()
    const { references, taken, calls } = await simulator.admin.summary()
    assert.deepEqual([references, taken, calls], [0, 0, {}])
    for await (const each of simulator.admin.submissions()) assert.fail(each.reference)
  })

  it('behaves as it is told from the next call on: all of it, or what is changed', async () => {
    await simulator.admin.behave({ rejectRate: 1, failStatus: 501 })
    assert.deepEqual(await simulator.admin.change({ rejectRate: 0, failRate: 1 }), {
      ...GOOD_BEHAVIOUR,
      seed: 7,
      failStatus: 501,
      failRate: 1,
    })
    assert.equal((await submit(simulator.url, message())).status, 501)
    assert.deepEqual(await simulator.admin.behave({}), { ...GOOD_BEHAVIOUR, seed: 7 })
    assert.deepEqual(await simulator.admin.behaviour(), { ...GOOD_BEHAVIOUR, seed: 7 })
  })

  it('answers 400 with reasons to orders that make no sense, and 404 to unknown routes', async () => {
    const ask = (method: string, path: string, body?: string) => {
      return fetch(simulator.url + path, { method, ...(body !== undefined && { body }) })
    }
    const bad: [string, string, string][] = [
      ['PUT', '/admin/behaviour', '{"failRate":2}'],
      ['PATCH', '/admin/behaviour', '{"nonsense":2}'],
      ['PATCH', '/admin/behaviour', 'nonsense'],
      ['POST', '/admin/disconnect', '{"forMs":0}'],
      ['POST', '/admin/disconnect', 'nonsense'],
    ]
    for (const [method, path, body] of bad) {
      const response = await ask(method, path, body)
      assert.equal(response.status, 400, body)
      assert.ok(((await response.json()) as { reasons: string[] }).reasons.length > 0)
    }
    assert.deepEqual(await simulator.admin.behaviour(), { ...GOOD_BEHAVIOUR, seed: 7 })
    for (const [method, path] of [
      ['GET', '/admin/nothing'],
      ['DELETE', '/admin/behaviour'],
      ['GET', '/messages'],
      ['GET', '/'],
    ] as const) {
      assert.equal((await ask(method, path)).status, 404, path)
    }
    assert.deepEqual(await (await ask('GET', '/healthz')).json(), { status: 'ok', name: 'sim' })
  })

  it('refuses connections while it is away, and is back on the same port with what it knew', async () => {
    const one = message()
    await submit(simulator.url, one)
    const answers = () =>
      fetch(`${simulator.url}/healthz`).then(
        () => true,
        () => false,
      )
    let refused = false
    // A machine that stalls for longer than the absence sees nothing of it: ask again.
    await eventually('connections are refused', async () => {
      await simulator.admin.disconnect(300)
      refused = !(await answers())
      await eventually('it is back', answers)
      return refused
    })
    assert.equal((await simulator.admin.submission(one.reference)).taken, 1)
    assert.equal((await submit(simulator.url, message())).status, 200)
  })
})
