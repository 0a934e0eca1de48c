import type { Taking } from '../operator.ts'
import type { SubmittedPart } from './readPart.ts'

/** A message of several parts, once all of them were taken. */
export interface Assembled {
  to: string
  from: string | null
  text: string
  /** By part. */
  takings: Taking[]
}

export interface Assembler {
  /** @returns the message that a part completes. A part that comes again takes the place of the one before. */
  add(part: SubmittedPart, taking: Taking): Assembled | undefined
  /** Messages that lack parts. */
  open(): number
  clear(): void
}

/** As handsets do, but for longer: messages that lack parts are forgotten, the oldest first. */
const OPEN_MAX = 100_000

type Parts = { text: string; taking: Taking }[]

/** Puts the parts of long messages together, by number, sender, reference and count, as a handset does. */
export function createAssembler(openMax = OPEN_MAX): Assembler {
  const open = new Map<string, Parts>()
  return {
    open: () => open.size,
    clear: () => open.clear(),
    add({ to, from, text, place }, taking) {
      if (!place) return { to, from, text, takings: [taking] }
      const key = `${to}|${from ?? ''}|${place.reference}|${place.total}`
      const parts: Parts = open.get(key) ?? []
      parts[place.number - 1] = { text, taking }
      // Counted one by one, because the places of missing parts are skipped by the methods of arrays.
      let count = 0
      for (let at = 0; at < place.total; at++) if (parts[at]) count++
      if (count < place.total) {
        open.set(key, parts)
        const [oldest] = open.keys()
        if (open.size > openMax && oldest !== undefined) open.delete(oldest)
        return undefined
      }
      open.delete(key)
      return {
        ...{ to, from, text: parts.map((part) => part.text).join('') },
        takings: parts.map((part) => part.taking),
      }
    },
  }
}
