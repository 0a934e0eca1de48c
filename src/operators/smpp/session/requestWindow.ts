import { responseTo, SEQUENCE_MAX } from '../codec/index.ts'
import type { Pdu, Request } from '../codec/index.ts'

/**
 * The result of a request.
 * - answered: with its response or a generic_nack.
 * - unsent: the link ended before any octet of it left our buffer.
 * - unanswered: it left, and the response is missing.
 */
export type Outcome =
  { kind: 'answered'; pdu: Pdu } | { kind: 'unsent'; reason: string } | { kind: 'unanswered'; reason: string }

/**
 * Told once the result of a request; after `unanswered` for lack of time, once more if the response comes after all.
 */
export type OnOutcome = (outcome: Outcome) => void

/** What a response was: to a request that waited for it, to one that was given up, to one answered before, or to none. */
export type ResponseKind = 'expected' | 'late' | 'repeated' | 'unknown'

export interface RequestWindow {
  /** Requests that may be added with `isCounted` now. */
  free(): number
  /** @returns the sequence number. Counted: takes a place in the window until it is answered or given up. */
  add(command: Request, isCounted: boolean, onOutcome: OnOutcome): number
  /** The request leaves now: its response is expected within the time limit. */
  sent(sequence: number): void
  respond(pdu: Pdu): ResponseKind
  /** The link ended: all requests are over at once. */
  end(reason: string): void
}

export interface RequestWindowSettings {
  size: number
  responseMs: number
  /** After each request that is over, when there is room again. */
  onRoom: () => void
}

interface Entry {
  command: Request
  isCounted: boolean
  onOutcome: OnOutcome
  sentAtMs: number | null
}

/** Requests that were given up and whose responses would still be of use. The oldest is forgotten first. */
const LATE_MAX = 1_000

/** The requests of one link that have no response yet, by their sequence numbers, in the order in which they leave. */
export function openRequestWindow(settings: RequestWindowSettings): RequestWindow {
  const { size, responseMs, onRoom } = settings
  const pending = new Map<number, Entry>()
  const late = new Map<number, Entry>()
  let inFlight = 0
  let last = 0
  let timer: NodeJS.Timeout | undefined

  const remove = (sequence: number, entry: Entry) => {
    pending.delete(sequence)
    if (entry.isCounted) inFlight--
  }
  /** One timer for all, because all wait equally long: it is the oldest one's. */
  const watch = () => {
    if (timer) return
    const [oldest] = pending.values()
    if (!oldest || oldest.sentAtMs === null) return
    // Behind what can be read now: if this process was busy, the response may be there.
    const expireBehindReads = () => setImmediate(expire)
    timer = setTimeout(expireBehindReads, Math.max(1, oldest.sentAtMs + responseMs - performance.now()))
  }
  const expire = () => {
    timer = undefined
    const nowMs = performance.now()
    for (const [sequence, entry] of pending) {
      // Timers may fire up to a millisecond early.
      if (entry.sentAtMs === null || entry.sentAtMs + responseMs > nowMs + 1) break
      remove(sequence, entry)
      late.set(sequence, entry)
      entry.onOutcome({ kind: 'unanswered', reason: 'no response in time' })
    }
    while (late.size > LATE_MAX) late.delete(late.keys().next().value ?? 0)
    watch()
    onRoom()
  }
  return {
    free: () => size - inFlight,
    add(command, isCounted, onOutcome) {
      do last = last === SEQUENCE_MAX ? 1 : last + 1
      while (pending.has(last))
      late.delete(last)
      pending.set(last, { command, isCounted, onOutcome, sentAtMs: null })
      if (isCounted) inFlight++
      return last
    },
    sent(sequence) {
      const entry = pending.get(sequence)
      if (entry) entry.sentAtMs = performance.now()
      watch()
    },
    respond(pdu) {
      const { sequence } = pdu
      const entry = pending.get(sequence) ?? late.get(sequence)
      if (!entry) return sequence > 0 && sequence <= last ? 'repeated' : 'unknown'
      if (pdu.command !== responseTo(entry.command) && pdu.command !== 'generic_nack') return 'unknown'
      const isLate = late.delete(sequence)
      if (!isLate) remove(sequence, entry)
      entry.onOutcome({ kind: 'answered', pdu })
      if (!isLate) onRoom()
      return isLate ? 'late' : 'expected'
    },
    end(reason) {
      clearTimeout(timer)
      const over = [...pending.values()]
      pending.clear()
      late.clear()
      inFlight = 0
      for (const { sentAtMs, onOutcome } of over)
        onOutcome({ kind: sentAtMs === null ? 'unsent' : 'unanswered', reason })
    },
  }
}
