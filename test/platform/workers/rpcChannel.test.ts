import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { openRpcChannel } from '../../../src/platform/workers/rpcChannel.ts'
import type { RpcChannel } from '../../../src/platform/workers/rpcChannel.ts'
import { DeadlineExceeded } from '../../../src/platform/withTimeout.ts'

const program = fileURLToPath(new URL('lineProgram.ts', import.meta.url))
/** Far above what any answer takes. */
const LONG_MS = 30_000

describe('the line between two processes', () => {
  let child: ChildProcess
  let line: RpcChannel

  beforeEach(async () => {
    child = fork(program)
    line = openRpcChannel(
      {
        send: (message, done) => child.send(message as object, done),
        on: (event, listener) => child.on(event, listener),
      },
      { name: () => 'the first' },
    )
    // Its start counts against no question of a test.
    await line.ask('nothing', undefined, LONG_MS)
  })
  afterEach(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
  })

  it('gives each question its own answer, in whatever order they come', async () => {
    const asked = [
      line.ask('slowly', 'a'),
      line.ask('double', 21),
      line.ask('nothing'),
      line.ask('slowly', 'b'),
    ]
    assert.deepEqual(await Promise.all(asked), ['a', 42, undefined, 'b'])
  })

  it('is asked from both ends, in the middle of an answer too', async () => {
    assert.equal(await line.ask('askBack', 'name'), 'they said: the first')
  })

  it('brings a fault of the other side with its code, which is what is shown of it', async () => {
    await assert.rejects(line.ask('fail'), { message: 'no link', code: 'ECONNREFUSED' })
    await assert.rejects(line.ask('failOddly'), { message: 'no error', code: undefined })
    assert.equal(await line.ask('double', 1), 2)
  })

  it('names a question that is unknown', async () => {
    await assert.rejects(line.ask('surprise'), { message: 'unknown question surprise' })
    await assert.rejects(line.ask('askBack', 'surprise'), { message: 'unknown question surprise' })
  })

  it('gives up on an answer that does not come in time, and goes on', async () => {
    await assert.rejects(line.ask('never', undefined, 1), DeadlineExceeded)
    assert.equal(await line.ask('double', 2), 4)
  })

  for (const way of ['end', 'leave'])
    it(`does not wait for one that has gone, here by ${way}`, async () => {
      const asked = Promise.allSettled([
        line.ask('never', undefined, LONG_MS),
        line.ask(way, undefined, LONG_MS),
        line.ask('double', 1, LONG_MS),
      ])
      const [never] = await asked
      assert.equal(never.status, 'rejected')
      assert.ok(!(never.reason instanceof DeadlineExceeded))
      await assert.rejects(line.ask('double', 1, LONG_MS), { code: 'ERR_IPC_CHANNEL_CLOSED' })
    })

  it('does not fail when the other side ends before the answer', async () => {
    const ended = once(child, 'exit')
    const asking = line.ask('askBack', 'name', LONG_MS)
    child.disconnect()
    await assert.rejects(asking)
    // Not by a signal and with no fault: nothing is left for it to do.
    assert.deepEqual(await ended, [0, null])
  })

  it('leaves alone what others say on the same channel', async () => {
    child.send({ cmd: 'something of another library' })
    child.send('a word')
    assert.equal(await line.ask('double', 3), 6)
  })
})
