import type { Pdu } from '../../src/operators/smpp/codec/index.ts'
import type { ReceiptCounts } from '../receipts/receiptSender.ts'
import type { ServerLink } from './link.ts'
import { receiptPdu } from './receiptPdu.ts'
import type { PartReceipt } from './receiptPdu.ts'

/** Receipts on their way to the client: each is sent until it is answered without an error. */
export interface Deliveries {
  /** At once when `afterMs` is 0 and a receiving link has room. */
  add(receipt: PartReceipt, afterMs: number): void
  /** A response of the client, to whatever. */
  respond(pdu: Pdu): void
  counts(): ReceiptCounts
  /** Counts anew. What waits is still sent. */
  forget(): void
  close(): void
}

const POLL_MS = 20
const RETRY_MS = 500
const WAITING_MAX = 1_000_000
/** Unanswered at once, over all links. */
const IN_FLIGHT_MAX = 500

interface InFlight {
  receipt: PartReceipt
  link: ServerLink
  sentAtMs: number
}

/** `linksOf`: the receiving ones. `answerMs`: after which a receipt without an answer is sent again. */
export function openDeliveries(linksOf: () => ServerLink[], answerMs: () => number): Deliveries {
  /** By the time at which they are due, in polls. */
  const later = new Map<number, PartReceipt[]>()
  let due: PartReceipt[] = []
  const inFlight = new Map<number, InFlight>()
  const counts: ReceiptCounts = { stored: 0, repeatedRequests: 0, waiting: 0, dropped: 0 }
  let sequence = 0

  const pollOf = (ms: number) => Math.floor(ms / POLL_MS)
  const schedule = (receipt: PartReceipt, afterMs: number) => {
    const poll = pollOf(performance.now() + afterMs) + 1
    const others = later.get(poll)
    if (others) others.push(receipt)
    else later.set(poll, [receipt])
  }
  const repeat = (sequence: number, { receipt }: InFlight) => {
    inFlight.delete(sequence)
    counts.repeatedRequests++
    schedule(receipt, RETRY_MS)
  }
  const send = () => {
    if (due.length === 0) return
    const links = linksOf()
    let sent = 0
    for (; sent < due.length && inFlight.size < IN_FLIGHT_MAX; sent++) {
      const receipt = due[sent]
      const link = links[++sequence % Math.max(1, links.length)]
      if (!receipt || !link) break
      inFlight.set(sequence, { receipt, link, sentAtMs: performance.now() })
      link.send({ ...receiptPdu(receipt), sequence })
    }
    due = due.slice(sent)
  }
  const poll = () => {
    const nowMs = performance.now()
    for (const [sequence, each] of inFlight)
      if (each.link.socket.destroyed || nowMs - each.sentAtMs > answerMs()) repeat(sequence, each)
    const polls = [...later.keys()].filter((poll) => poll <= pollOf(nowMs)).toSorted((a, b) => a - b)
    for (const poll of polls) {
      due = due.concat(later.get(poll) ?? [])
      later.delete(poll)
    }
    send()
  }
  const timer = setInterval(poll, POLL_MS)
  timer.unref()
  return {
    add(receipt, afterMs) {
      if (counts.waiting >= WAITING_MAX) {
        counts.dropped++
        return
      }
      counts.waiting++
      if (afterMs > 0) return schedule(receipt, afterMs)
      due.push(receipt)
      send()
    },
    respond(pdu) {
      const answered = inFlight.get(pdu.sequence)
      if (!answered || (pdu.command !== 'deliver_sm_resp' && pdu.command !== 'generic_nack')) return
      if (pdu.status !== 0) return repeat(pdu.sequence, answered)
      inFlight.delete(pdu.sequence)
      counts.stored++
      counts.waiting--
      send()
    },
    counts: () => ({ ...counts }),
    forget: () => void (counts.stored = counts.repeatedRequests = counts.dropped = 0),
    close: () => clearInterval(timer),
  }
}
