import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import manifest from '../../../package.json' with { type: 'json' }
import { CONSUMER_HEAP_LIMIT } from '../../../dev/stack/programs.ts'
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
