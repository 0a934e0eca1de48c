import { openRecord } from './clients/record.ts'
import type { ClientRecord } from './clients/record.ts'
import { FIRST_MONEY, PROBER } from './customers.ts'
import type { World } from './faults/fault.ts'
import { fund } from './fund.ts'
import type { ChaosOptions } from './options.ts'
import { openProber } from './probe.ts'
import type { Prober } from './probe.ts'
import type { Proof } from './proof/prove.ts'
import { openRandom } from './random.ts'
import type { Recovery } from './recovery.ts'
import { START_TIMEOUT_MS } from './settleDown.ts'
import type { EngineProcesses } from './stage/engineProcesses.ts'
import { startEngineProcesses } from './stage/engineProcesses.ts'
import { retriesOf } from './stage/retries.ts'
import type { EngineStage, Stage } from './stage/stage.ts'
import { openTally } from './tally.ts'
import type { Tally } from './tally.ts'
import { untilHealthy } from './untilHealthy.ts'

/** What a run came to. */
export interface Ran {
  tally: Tally
  record: ClientRecord
  proof: Proof
  recoveries: Recovery[]
  /** Of a scenario: what it measured, and what it should have. */
  measured?: Measured
}

/** What a scenario measured, one line each, and where it missed what it is to show. */
export interface Measured {
  lines: string[]
  missed: string[]
}

export interface RunEvents {
  onProcesses: (processes: EngineProcesses) => void
  say: (line: string) => void
}

/** A system that runs and works, whose customers have their money. */
export interface Started<S extends EngineStage = Stage> {
  world: World<S>
  prober: Prober
  record: ClientRecord
  tally: Tally
}

export interface StartOptions extends Pick<ChaosOptions, 'seed' | 'only'> {
  /** On a machine that is busy with other work. */
  readyWithinMs?: number
}

/** Starts two processes of each role. @throws Error when they do not become healthy. */
export async function startWorld<S extends EngineStage>(
  stage: S,
  { seed, only, readyWithinMs = START_TIMEOUT_MS }: StartOptions,
  { onProcesses, say }: RunEvents,
): Promise<Started<S>> {
  const record = openRecord()
  const tally = openTally(say)
  const processes = startEngineProcesses(
    stage,
    openRandom(seed),
    {
      onDeath: (death) => tally.noteDeath(death),
      onFreeze: (death) => tally.noteFreeze(death),
      onShift: (role) => tally.noteShift(role),
      onFault: (line) => tally.noteProblem(line),
    },
    { hasFaults: only === undefined, retries: retriesOf(only) },
  )
  onProcesses(processes)
  const world = { stage, processes }
  const prober = openProber(PROBER, record, stage.db)
  say('starting the engine: two processes of each role')
  await fund(processes.apiUrls[0] ?? '', FIRST_MONEY, record)
  if (!(await untilHealthy(world, prober, readyWithinMs))) throw new Error('the engine did not become ready')
  return { world, prober, record, tally }
}
