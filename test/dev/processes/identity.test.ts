import assert from 'node:assert/strict'
import { once } from 'node:events'
import { endProcess } from '../../../dev/processes/end.ts'
import { identify, isAlive, signalProcess } from '../../../dev/processes/identity.ts'
import { predecessorOf, startSleeper } from './sleeper.ts'

describe('process identity', () => {
  it('recognises a process while it runs, and no process after its end', async () => {
    const { child, identity } = await startSleeper()
    assert.equal(isAlive(identity), true)
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
    assert.equal(isAlive(identity), false)
    assert.equal(identify(identity.pid), undefined)
  })

  it('leaves a stranger alone that has the id of a process that was ours', async () => {
    const { child, identity } = await startSleeper()
    const ours = predecessorOf(identity)
    assert.equal(isAlive(ours), false)
    signalProcess(ours, 'SIGKILL')
    assert.equal(await endProcess(ours, 1_000), 'clean')
    assert.equal(isAlive(identity), true)
    assert.equal(await endProcess(identity, 10_000), 'clean')
    assert.equal(child.signalCode ?? 'SIGTERM', 'SIGTERM')
  })
})
