import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { launch } from '../../../dev/processes/launch.ts'
import type { Exit, Launched } from '../../../dev/processes/launch.ts'
import { eventually } from '../../support/eventually.ts'

const program = fileURLToPath(new URL('workersProgram.ts', import.meta.url))

describe('a program of several processes', () => {
  let folder: string
  let launched: Launched

  beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'chapar-workers-'))))
  afterEach(async () => {
    await launched.kill()
    await rm(folder, { recursive: true })
  })

  async function start(mode: string): Promise<void> {
    const args = [program, mode]
    launched = await launch({ command: process.execPath, args, env: {}, logFile: join(folder, 'log') })
  }
  const linesWith = (message: string) =>
    launched
      .output()
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .filter((line) => line['message'] === message)
  const written = (message: string) => eventually(message, () => linesWith(message).length > 0)
  const workerPids = () => launched.processes().flatMap(({ pid }) => (pid === firstPid() ? [] : [pid]))
  const firstPid = () => launched.identity.pid

  /** @returns how the first process ended; whatever is left of the others then was left behind. */
  async function ended(): Promise<Exit | undefined> {
    await eventually('the first process has ended', () => launched.exit() !== undefined)
    return launched.exit()
  }

  it('is up when each is ready, with what the first said of itself', async () => {
    await start('orderly')
    await written('all up')
    assert.equal(linesWith('all up')[0]?.['said'], 'number 1')
    assert.equal(workerPids().length, 2)
  })

  it('asks all to end when it ends, and ends in order when they did', async () => {
    await start('orderly')
    await written('all up')
    process.kill(firstPid(), 'SIGTERM')
    assert.deepEqual(await ended(), { code: 0, signal: null })
    assert.deepEqual(launched.processes(), [])
    assert.equal(linesWith('stopped').length, 3)
    assert.equal(linesWith('gone').length, 2)
  })

  it('ends once when a terminal or an init system tells every process to end', async () => {
    await start('orderly')
    await written('all up')
    for (const pid of [...workerPids(), firstPid()]) process.kill(pid, 'SIGTERM')
    assert.deepEqual(await ended(), { code: 0, signal: null })
    assert.deepEqual(launched.processes(), [])
  })

  it('replaces one that ends, and says which ended how', async () => {
    await start('orderly')
    await written('all up')
    const [victim = 0, survivor] = workerPids()
    process.kill(victim, 'SIGKILL')
    await written('gone')
    await eventually('there are two again', () => workerPids().length === 2)
    assert.ok(workerPids().some((pid) => pid === survivor))
    const [line] = linesWith('API process ended')
    assert.equal(line?.['reason'], `process ${victim} ended by SIGKILL`)
    assert.equal(line?.['level'], 'error')
  })

  it('leaves none behind when the first is killed', async () => {
    await start('orderly')
    await written('all up')
    process.kill(firstPid(), 'SIGKILL')
    await eventually('all are gone', () => launched.processes().length === 0)
  })

  it('kills those that do not end in time, and says that it was not in order', async () => {
    await start('hanging')
    await written('all up')
    process.kill(firstPid(), 'SIGTERM')
    assert.deepEqual(await ended(), { code: 1, signal: null })
    // Killed at the deadline, at which the first one leaves too: the kernel may take a moment longer than that.
    await eventually('all are gone', () => launched.processes().length === 0)
  })

  it('ends in order in the middle of its start', async () => {
    await start('first waits')
    await written('waiting')
    process.kill(firstPid(), 'SIGTERM')
    assert.deepEqual(await ended(), { code: 0, signal: null })
    assert.equal(linesWith('stopped').length, 2)
  })

  for (const mode of ['first fails', 'second fails', 'nowhere'])
    it(`does not start by halves, and leaves none: ${mode}`, async () => {
      await start(mode)
      assert.deepEqual(await ended(), { code: 1, signal: null })
      assert.deepEqual(launched.processes(), [])
      assert.equal(linesWith('not up')[0]?.['is_startup_fault'], true)
      const reasons = linesWith('API process ended').map(({ reason }) => String(reason))
      assert.match(reasons[0] ?? '', mode === 'nowhere' ? /^no process: / : / ended with exit code 3$/)
    })
})
