import type { Death } from './stage/post.ts'
import type { Role } from './steps.ts'

/** What befell the engine, by kind; for the table. */
export interface Tally {
  faults: Map<string, number>
  /** `kill -9` at a random instant, by role; and at a step, by its name. */
  kills: Map<string, number>
  /** Faults of the run itself: a process that ended by itself, a fault that could not be inflicted. */
  notes: string[]
  noteFault(kind: string): void
  noteDeath(death: Death): void
  noteFreeze(death: Death): void
  noteShift(role: Role): void
  note(line: string): void
}

/** Enough to see what is wrong. */
const NOTES_MAX = 200

export function openTally(say: (line: string) => void): Tally {
  const faults = new Map<string, number>()
  const kills = new Map<string, number>()
  const notes: string[] = []
  const count = (counts: Map<string, number>, key: string) => void counts.set(key, (counts.get(key) ?? 0) + 1)
  return {
    faults,
    kills,
    notes,
    noteFault: (kind) => count(faults, kind),
    noteDeath: ({ role, step }) => count(kills, step === undefined ? role : `${role} at ${step}`),
    noteFreeze: ({ role, step }) => count(faults, `freeze ${role}${step === undefined ? '' : ` at ${step}`}`),
    noteShift: (role) => count(faults, `clock of ${role} wrong`),
    note: (line) => {
      if (notes.length < NOTES_MAX) notes.push(line)
      say(line)
    },
  }
}
