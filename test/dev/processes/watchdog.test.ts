import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { endProcess } from '../../../dev/processes/end.ts'
import { isAlive, type ProcessIdentity } from '../../../dev/processes/identity.ts'
import { waitUntil } from '../../../dev/processes/waitUntil.ts'

const PROGRAM = fileURLToPath(new URL('./starterProgram.ts', import.meta.url))

describe('the watchdog', () => {
  let folder: string
  beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'chapar-watchdog-'))))
  afterEach(() => rm(folder, { recursive: true }))

  /** Starts a process that starts another, kills the first with no warning, and resolves to the other. */
  async function killStarter(...words: string[]): Promise<ProcessIdentity> {
    const args = [PROGRAM, join(folder, 'log'), ...words]
    const starter = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    const [line] = (await once(createInterface({ input: starter.stdout }), 'line')) as [string]
    const started = JSON.parse(line) as ProcessIdentity
    assert.equal(isAlive(started), true)
    const gone = once(starter, 'exit')
    starter.kill('SIGKILL')
    await gone
    return started
  }

  it('ends what a process started, even when that process is killed', async () => {
    const started = await killStarter()
    await waitUntil(() => !isAlive(started), { what: 'the started process to be gone', timeoutMs: 10_000 })
  })

  it('leaves alone what was released', async () => {
    const started = await killStarter('release')
    const stillAlive = isAlive(started)
    await endProcess(started, 10_000)
    assert.equal(stillAlive, true)
  })
})
