// Not part of the suite (no `.test.ts`): one test passes, the next starts a process, writes a file and never ends.
import { spawn } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

describe('hanging', () => {
  it('passes', () => {})
  it('never ends', function () {
    this.timeout(0)
    mkdtempSync(join(tmpdir(), 'left-behind-'))
    const sleeper = spawn('sleep', ['600'], { stdio: 'ignore', detached: true })
    console.log(`started ${sleeper.pid}`)
    return new Promise(() => {})
  })
})
