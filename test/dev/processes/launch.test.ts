import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isAlive } from '../../../dev/processes/identity.ts'
import { launch, type Launched } from '../../../dev/processes/launch.ts'
import { waitUntil } from '../../../dev/processes/waitUntil.ts'

const WAIT = { timeoutMs: 10_000 }

describe('launch', () => {
  let folder: string
  const shell = (script: string) =>
    launch({
      command: '/bin/sh',
      args: ['-c', script],
      env: { PATH: '/usr/bin:/bin' },
      logFile: join(folder, 'log'),
    })
  const count = (launched: Launched, wanted: number) =>
    waitUntil(() => launched.processes().length === wanted, { what: `${wanted} processes`, ...WAIT })

  beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'chapar-launch-'))))
  afterEach(() => rm(folder, { recursive: true }))

  it('kills the whole tree, with children that left their parent and its session', async () => {
    const launched = await shell('setsid sleep 600 & (sleep 600 &) ; exec sleep 600')
    await count(launched, 3)
    const all = launched.processes()
    assert.equal(all[0]?.pid, launched.identity.pid)
    assert.deepEqual(await launched.kill(), { code: null, signal: 'SIGKILL' })
    assert.deepEqual(all.filter(isAlive), [])
  })

  it('stops a process in its own way, and ends the children that it left behind', async () => {
    const launched = await shell('trap "exit 7" TERM; sleep 600 & echo ready; while :; do sleep 0.05; done')
    await waitUntil(() => launched.output().includes('ready'), { what: 'the trap', ...WAIT })
    assert.deepEqual(await launched.stop(10_000), { code: 7, signal: null })
    assert.deepEqual(launched.processes(), [])
  })

  it('ends by force what does not listen', async () => {
    const launched = await shell('trap "" TERM; echo ready; while :; do sleep 0.05; done')
    await waitUntil(() => launched.output().includes('ready'), { what: 'the trap', ...WAIT })
    assert.deepEqual(await launched.stop(100), { code: null, signal: 'SIGKILL' })
  })

  it('appends to the log, and tells what was written since this start', async () => {
    const first = await shell('echo first')
    await waitUntil(() => first.exit(), { what: 'the end', ...WAIT })
    const second = await shell('echo second')
    await waitUntil(() => second.exit(), { what: 'the end', ...WAIT })
    assert.equal(second.output(), 'second\n')
    assert.equal(await readFile(join(folder, 'log'), 'utf8'), 'first\nsecond\n')
  })

  it('rejects when the program is not there', async () => {
    const logFile = join(folder, 'log')
    await assert.rejects(launch({ command: '/nonexistent', args: [], env: {}, logFile }), { code: 'ENOENT' })
  })
})
