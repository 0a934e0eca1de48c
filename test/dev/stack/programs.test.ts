import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import manifest from '../../../package.json' with { type: 'json' }
import { CONSUMER_HEAP_LIMIT, startSimulator } from '../../../dev/stack/programs.ts'
import { startEngineProcess } from '../../support/engineProcess.ts'
import { isHeapLimit } from '../../support/heapLimit.ts'
import { freshStack } from '../../support/servers.ts'
import type { Stack } from '../../support/servers.ts'

describe('a process of the engine', () => {
  let stack: Stack
  beforeEach(async () => (stack = await freshStack()))
  afterEach(() => stack.drop())

  for (const [role, heap] of [
    ['api', manifest.scripts.start.split(' ').filter(isHeapLimit)],
    ['consumer', CONSUMER_HEAP_LIMIT],
  ] as const) {
    it(`has the heap of its role: ${role}`, async () => {
      const program = await startEngineProcess(stack, { role })
      try {
        const args = readFileSync(`/proc/${program.pid}/cmdline`, 'utf8').split('\0')
        assert.deepEqual(args.filter(isHeapLimit), heap)
      } finally {
        await program.stop()
      }
    })
  }
})

describe('a program that does not start', () => {
  it('is explained by what this start wrote', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'chapar-start-'))
    const logFile = join(folder, 'log')
    try {
      await writeFile(logFile, 'of an earlier start\n')
      await assert.rejects(
        startSimulator({ name: 'x', logFile, env: { SEED: 'none' } }),
        ({ message }: Error) => {
          assert.match(message, /ended with exit code \d+ while starting; its log ends:\n.*SEED/s)
          assert.doesNotMatch(message, /earlier/)
          return true
        },
      )
    } finally {
      await rm(folder, { recursive: true })
    }
  })
})
