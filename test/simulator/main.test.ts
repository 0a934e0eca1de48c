import assert from 'node:assert/strict'
import { eventually } from '../support/eventually.ts'
import { message, messages } from '../operators/messages.ts'
import { spawnSimulator } from './simulatorProcess.ts'
import type { SimulatorProcess } from './simulatorProcess.ts'
import { statuses, submit } from './submit.ts'

describe("the simulator's process", () => {
  const started: SimulatorProcess[] = []
  const spawn = async (env?: Record<string, string>) => {
    const spawned = await spawnSimulator(env)
    started.push(spawned)
    return spawned
  }
  after(() => Promise.all(started.map((each) => each.stop())))

  it('plays the same chances as another with the same seed', async () => {
    const twins = await Promise.all([spawn({ SEED: '11' }), spawn({ SEED: '11' }), spawn({ SEED: '12' })])
    const call = messages(50)
    const played: string[] = []
    for (const { url, admin } of twins) {
      await admin.change({ rejectRate: 0.5 })
      played.push(JSON.stringify(statuses((await submit(url, call)).body)))
    }
    assert.equal(played[0], played[1])
    assert.notEqual(played[0], played[2])
  })

  it('ends with exit code 0 on SIGTERM, even while a call hangs', async () => {
    const hung = await spawn()
    await hung.admin.behave({ hangBeforeAcceptRate: 1 })
    const one = message()
    const call = assert.rejects(submit(hung.url, one))
    await eventually('it has come', async () => (await hung.admin.submission(one.reference)).seen === 1)
    assert.equal(await hung.stop(), 0)
    await call
  })

  it('does not start with settings that make no sense or a port in use, and says so', async () => {
    await assert.rejects(spawn({ PORT: 'x' }), /simulator: PORT/)
    await assert.rejects(spawn({ SEED: '-1' }), /simulator: SEED/)
    await assert.rejects(spawn({ NAME: 'a b' }), /simulator: NAME/)
    const { port } = await spawn()
    await assert.rejects(spawn({ PORT: String(port) }), /simulator: .*EADDRINUSE/)
  })
})
