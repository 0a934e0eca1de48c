import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { identify, type ProcessIdentity } from '../../../dev/processes/identity.ts'
import { CHECKOUT } from '../../../dev/stack/folders.ts'

const QUICK = 'test/dev/tests/quickTests.ts'
const FAILING = 'test/dev/tests/failingTests.ts'
const HANGING = 'test/dev/tests/hangingTests.ts'

describe('npm test', function () {
  this.timeout(60_000)
  let folder: string
  beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'chapar-tests-'))))
  afterEach(() => rm(folder, { recursive: true }))

  /** `--no-config` leaves out the suite's servers. */
  function start(...args: string[]): { child: ChildProcess; lines: string[]; ended: Promise<number | null> } {
    const child = spawn(
      process.execPath,
      ['--require', './src/runtime.cjs', 'dev/test.ts', '--no-config', ...args],
      { cwd: CHECKOUT, env: { ...process.env, TMPDIR: folder }, stdio: ['ignore', 'pipe', 'pipe'] },
    )
    const lines: string[] = []
    for (const stream of [child.stdout, child.stderr])
      createInterface({ input: stream }).on('line', (line) => lines.push(line))
    const ended = once(child, 'close').then(([code]) => code as number | null)
    return { child, lines, ended }
  }

  it('runs only the files that are named', async () => {
    const { lines, ended } = start(QUICK)
    assert.equal(await ended, 0, lines.join('\n'))
    assert.equal(lines.at(-1), '2 passed, 0 failed')
  })

  it('hands flags over to mocha beside a file', async () => {
    const { lines, ended } = start('--grep', 'two', QUICK)
    assert.equal(await ended, 0, lines.join('\n'))
    assert.equal(lines.at(-1), '1 passed, 0 failed')
  })

  it('fails and says so when no test was run', async () => {
    const { lines, ended } = start(QUICK, '--grep', 'no such test')
    assert.equal(await ended, 1)
    assert.equal(lines.at(-1), 'no test was run')
  })

  for (const flags of [[], ['--parallel', '--jobs', '2']])
    it(`lists what failed before its last line${flags.length > 0 ? ', from all processes' : ''}`, async () => {
      const { lines, ended } = start(...flags, FAILING, QUICK)
      assert.equal(await ended, 1)
      assert.deepEqual(lines.slice(-2), [
        `failed: ${FAILING}: failing fails: as it should, in two lines`,
        '3 passed, 1 failed',
      ])
    })

  for (const { signal, code } of [
    { signal: 'SIGINT', code: 130 },
    { signal: 'SIGTERM', code: 143 },
  ] as const)
    it(`says after ${signal} that it was interrupted, and leaves no process and no file`, async () => {
      const { child, lines, ended } = start(HANGING)
      const sleeper = await startedBy(child)
      child.kill(signal)
      assert.equal(await ended, code, lines.join('\n'))
      assert.equal(lines.at(-1), 'interrupted: 1 passed, 0 failed so far')
      assert.equal(identify(sleeper.pid)?.startTime === sleeper.startTime, false)
      assert.deepEqual(await readdir(folder), [])
    })

  it('leaves no process when files are divided among processes and the run is interrupted', async () => {
    const { child, lines, ended } = start('--parallel', '--jobs', '2', HANGING, QUICK)
    const sleeper = await startedBy(child)
    child.kill('SIGINT')
    assert.equal(await ended, 130, lines.join('\n'))
    assert.match(lines.at(-1) ?? '', /^interrupted: \d passed, 0 failed so far$/)
    assert.equal(identify(sleeper.pid)?.startTime === sleeper.startTime, false)
    assert.deepEqual(await readdir(folder), [])
  })
})

async function startedBy(child: ChildProcess): Promise<ProcessIdentity> {
  for await (const line of createInterface({ input: child.stdout! })) {
    const [, pid] = /^started ([0-9]+)$/.exec(line) ?? []
    if (pid === undefined) continue
    const identity = identify(Number(pid))
    assert.ok(identity)
    return identity
  }
  throw new Error('the test that hangs was not reached')
}
