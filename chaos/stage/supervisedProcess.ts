import { readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { signalProcess } from '../../dev/processes/identity.ts'
import { describeExit } from '../../dev/processes/launch.ts'
import type { Program } from '../../dev/stack/programs.ts'
import type { Role } from '../steps.ts'

/** What a process is started with besides its settings: a step to die or freeze at, a clock that is wrong. */
export interface PreloadedFaults {
  step?: string
  times?: number
  act?: 'kill' | 'freeze'
  clockOffsetMs?: number
}

/** Why a process had to be started again. */
export interface Death {
  role: Role
  /** The step at which it killed itself; undefined: it was killed at a random instant. */
  step?: string
}

export interface SupervisedProcessSettings {
  name: string
  role: Role
  start: (preloaded: PreloadedFaults) => Promise<Program>
  /** Drawn for each start. */
  preloaded: () => PreloadedFaults
  onDeath: (death: Death) => void
  /** It stopped itself at a step, and goes on after a while. */
  onFreeze: (death: Death) => void
  /** It ended by itself, or does not start. */
  onFault: (line: string) => void
  /** How long it stays frozen when it froze itself; longer than the lease of 10 s and every time-out by default. */
  frozenMs?: number
}

const LOOK_MS = 100
/** As a supervisor does it. */
const RESTART_MS = 300
const FROZEN_MS = 13_000

/** A process that is started again whenever it ends, as under any supervisor. */
export class SupervisedProcess {
  readonly name: string
  readonly role: Role
  readonly #settings: SupervisedProcessSettings
  #program: Program | undefined
  #preloaded: PreloadedFaults = {}
  #isClosed = false
  /** Nothing is preloaded any more, and an end in order is no fault. */
  #isPlain = false
  /** From outside. */
  #isFrozen = false
  /** By us: any other SIGKILL comes from the kernel because it is out of memory, or from a stop that took too long. */
  #isKilled = false
  /** Ended in order, for another version to follow. */
  #replaced: Program | undefined
  readonly #keeping: Promise<void>

  constructor(settings: SupervisedProcessSettings) {
    this.name = settings.name
    this.role = settings.role
    this.#settings = settings
    this.#keeping = this.#keep()
  }

  /** The process that runs now. */
  get program(): Program | undefined {
    return this.#program
  }

  /** @returns whether there was one to kill. */
  async kill(): Promise<boolean> {
    const victim = this.#program
    if (!victim || victim.exit()) return false
    this.#isKilled = true
    await victim.kill()
    return true
  }

  /** SIGSTOP. @returns a function that resumes it; undefined: there was no process to freeze. */
  freeze(): (() => void) | undefined {
    const frozen = this.#program
    if (!frozen || frozen.exit() || this.#isFrozen) return undefined
    this.#isFrozen = true
    signal(frozen, 'SIGSTOP')
    return () => {
      signal(frozen, 'SIGCONT')
      this.#isFrozen = false
    }
  }

  /** Ends the present process in order; another one follows. */
  async replace(): Promise<void> {
    this.#replaced = this.#program
    await this.#stop()
  }

  /** Ends the present process in order; later ones start without injected faults. */
  async renew(): Promise<void> {
    this.#isPlain = true
    do {
      await this.#stop()
      await pause(LOOK_MS)
      // A process that was only just starting had its faults already.
    } while (!this.#isClosed && Object.keys(this.#preloaded).length > 0)
  }

  async close(): Promise<void> {
    this.#isPlain = true
    this.#isClosed = true
    await this.#stop()
    await this.#keeping
    // One that was only just starting.
    await this.#stop()
    if (this.#program) this.#noteEnd(this.#program)
    this.#program = undefined
  }

  async #stop(): Promise<void> {
    const present = this.#program
    if (!present) return
    signal(present, 'SIGCONT')
    await present.stop()
  }

  async #keep(): Promise<void> {
    while (!this.#isClosed) {
      const program = this.#program
      if (program && !program.exit()) await this.#lookAt(program)
      else await this.#follow(program)
    }
  }

  async #lookAt(program: Program): Promise<void> {
    if (!this.#isFrozen && this.#preloaded.act === 'freeze' && isStopped(program.pid)) {
      this.#settings.onFreeze(this.#atStep())
      this.#preloaded = {}
      await pause(this.#settings.frozenMs ?? FROZEN_MS, undefined, { ref: false })
      signal(program, 'SIGCONT')
    }
    await pause(LOOK_MS)
  }

  async #follow(before: Program | undefined): Promise<void> {
    if (before) this.#noteEnd(before)
    this.#program = undefined
    this.#isKilled = false
    await pause(RESTART_MS)
    if (this.#isClosed) return
    this.#preloaded = this.#isPlain ? {} : this.#settings.preloaded()
    try {
      this.#program = await this.#settings.start(this.#preloaded)
    } catch (error) {
      const why = String(error)
      if (why.includes(DIED)) this.#settings.onDeath(this.#atStep())
      else this.#settings.onFault(`${this.name} does not start: ${why.replaceAll('\n', ' ')}`)
    }
  }

  #noteEnd(program: Program): void {
    const { onDeath, onFault } = this.#settings
    const exit = program.exit()
    if (program.output().includes(DIED)) onDeath(this.#atStep())
    else if (this.#isKilled || this.#wasLate(program)) onDeath({ role: this.role })
    else if (!(this.#isEndWanted(program) && exit?.code === 0))
      onFault(`${this.name} ${exit ? describeExit(exit) : 'runs'}; its log ends: ${endOf(program.output())}`)
  }

  /** Replaced amid faults, and frozen or cut off until its deadline had passed: what was in flight is left as by a kill. */
  #wasLate(program: Program): boolean {
    const isReplaced = this.#replaced === program && !this.#isPlain
    return isReplaced && program.exit()?.code === 1 && program.output().includes(NOT_ALL_CLOSED)
  }

  #isEndWanted(program: Program): boolean {
    return this.#isPlain || this.#replaced === program
  }

  #atStep(): Death {
    const { step } = this.#preloaded
    return { role: this.role, ...(step !== undefined && { step }) }
  }
}

/** What src/platform/lifecycle.ts says when parts were not closed in time. */
const NOT_ALL_CLOSED = 'stopped, but not everything could be closed'

const END_LINES = 6

/** What a process wrote last besides information, in one line: why it ended. */
function endOf(output: string): string {
  const lines = output.trimEnd().split('\n')
  const telling = lines.filter((line) => !line.includes('"level":"info"'))
  return telling.slice(-END_LINES).concat(lines.slice(-1)).join(' | ')
}

/** What preload/atStep.ts writes before it kills. */
const DIED = '"chaos":"kill"'

function signal(program: Program, name: NodeJS.Signals): void {
  for (const identity of program.processes()) signalProcess(identity, name)
}

/** Whether a process was stopped by a signal: state T. */
function isStopped(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    return stat.slice(stat.lastIndexOf(')') + 2).startsWith('T')
  } catch {
    return false
  }
}
