import type { Death } from './stage/post.ts'
import type { Role } from './steps.ts'

/** What befell the engine, by kind; for the table. */
export interface Tally {
  faults: Map<string, number>
  /** `kill -9` at a random instant, by role; and at a step, by its name. */
  kills: Map<string, number>
  /** What must not happen, whatever is done to the engine: a process that ends by itself, work that does not end. */
  wrongs: string[]
  noteFault(kind: string): void
  noteDeath(death: Death): void
  noteFreeze(death: Death): void
  noteShift(role: Role): void
  noteWrong(line: string): void
}

/** Enough to see what is wrong. */
const WRONGS_MAX = 200

export function openTally(say: (line: string) => void): Tally {
  const faults = new Map<string, number>()
  const kills = new Map<string, number>()
  const wrongs: string[] = []
  const count = (counts: Map<string, number>, key: string) => void counts.set(key, (counts.get(key) ?? 0) + 1)
  return {
    faults,
    kills,
    wrongs,
    noteFault: (kind) => count(faults, kind),
    noteDeath: ({ role, step }) => count(kills, step === undefined ? role : `${role} at ${step}`),
    noteFreeze: ({ role, step }) => count(faults, `freeze ${role}${step === undefined ? '' : ` at ${step}`}`),
    noteShift: (role) => count(faults, `clock of ${role} wrong`),
    noteWrong: (line) => {
      if (wrongs.length < WRONGS_MAX) wrongs.push(line)
      say(line)
    },
  }
}
