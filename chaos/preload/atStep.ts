// Preloaded into one process of the engine (--import): kills or freezes it when it reaches a step for the n-th time. The
// product knows nothing of it.
import { subscribe } from 'node:diagnostics_channel'
import { writeSync } from 'node:fs'
import { STEPS_CHANNEL } from '../../src/platform/steps.ts'
import type { Step } from '../../src/platform/steps.ts'

const { CHAOS_STEP: wanted, CHAOS_TIMES = '1', CHAOS_ACT = 'kill' } = process.env
const STDERR = 2
let left = Number(CHAOS_TIMES)

if (wanted !== undefined) {
  subscribe(STEPS_CHANNEL, (message) => {
    const { at, what } = message as Step
    if (`${at} ${what}` !== wanted || --left !== 0) return
    // Written at once, and to the file itself: a moment later the process is gone.
    writeSync(STDERR, `${JSON.stringify({ chaos: CHAOS_ACT, step: wanted })}\n`)
    process.kill(process.pid, CHAOS_ACT === 'freeze' ? 'SIGSTOP' : 'SIGKILL')
  })
}
