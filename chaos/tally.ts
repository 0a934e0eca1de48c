import type { Death } from './stage/supervisedProcess.ts'
import type { Role } from './steps.ts'

/** What happened to the engine, by kind; for the table. */
export interface Tally {
  faults: Map<string, number>
  /** `kill -9` at a random instant, by role; and at a step, by its name. */
  kills: Map<string, number>
  /** What must not happen, whatever is done to the engine: a process that ends by itself, work that does not end. */
  problems: string[]
  noteFault(kind: string): void
  noteDeath(death: Death): void
  noteFreeze(death: Death): void
  noteShift(role: Role): void
  noteProblem(line: string): void
}

/** Enough to see what is wrong. */
const PROBLEMS_MAX = 200

export function openTally(say: (line: string) => void): Tally {
  const faults = new Map<string, number>()
  const kills = new Map<string, number>()
  const problems: string[] = []
  const count = (counts: Map<string, number>, key: string) => void counts.set(key, (counts.get(key) ?? 0) + 1)
  return {
    faults,
    kills,
    problems,
    noteFault: (kind) => count(faults, kind),
    noteDeath: ({ role, step }) => count(kills, step === undefined ? role : `${role} at ${step}`),
    noteFreeze: ({ role, step }) => count(faults, `freeze ${role}${step === undefined ? '' : ` at ${step}`}`),
    noteShift: (role) => count(faults, `clock of ${role} wrong`),
    noteProblem: (line) => {
      if (problems.length < PROBLEMS_MAX) problems.push(line)
      say(line)
    },
  }
}
