import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { withLock } from '../../../dev/stack/lock.ts'
import { predecessorOf, startSleeper } from '../processes/sleeper.ts'

describe('the lock of the stack', () => {
  let folder: string
  let file: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'chapar-lock-'))
    file = join(folder, 'lock')
  })
  afterEach(() => rm(folder, { recursive: true }))

  it('lets one in at a time, and the next after a failure', async () => {
    await withLock(file, async () => {
      await assert.rejects(
        withLock(file, () => Promise.resolve()),
        new RegExp(`process ${process.pid} is at work`),
      )
    })
    await assert.rejects(
      withLock(file, () => Promise.reject(new Error('failed inside'))),
      /failed inside/,
    )
    assert.equal(await withLock(file, () => Promise.resolve('in')), 'in')
    assert.equal(existsSync(file), false)
  })

  it('is taken over from a holder that is gone', async () => {
    const { child, identity } = await startSleeper()
    await writeFile(file, JSON.stringify(predecessorOf(identity)))
    assert.equal(await withLock(file, () => Promise.resolve('in')), 'in')
    await writeFile(file, JSON.stringify(identity))
    await assert.rejects(
      withLock(file, () => Promise.resolve()),
      /is at work/,
    )
    child.kill('SIGKILL')
  })
})
