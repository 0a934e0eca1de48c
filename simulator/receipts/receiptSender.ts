import type { WireReceipt } from './drawReceipts.ts'

export interface ReceiptTarget {
  /** `POST /operators/NAME/receipts` of the engine. */
  url: string
  secret: string
}

export interface ReceiptCounts {
  /** That the engine stored. */
  stored: number
  /** Requests that were not answered with 200, each sent again. */
  repeatedRequests: number
  /** Receipts that are still to be sent. */
  waiting: number
  /** Receipts for which there was no room. */
  dropped: number
}

const BATCH_MAX = 200
const WAITING_MAX = 1_000_000
const POLL_MS = 50
const RETRY_MS = 500
const TIMEOUT_MS = 10_000

interface Due {
  receipt: WireReceipt
  dueAtMs: number
}

/** Sends receipts when they are due, some at a time, each until it is stored. */
export class ReceiptSender {
  readonly #target: ReceiptTarget
  /** By the tenth of a second in which they are due. */
  #slots = new Map<number, Due[]>()
  #counts: ReceiptCounts = { stored: 0, repeatedRequests: 0, waiting: 0, dropped: 0 }
  #timer: NodeJS.Timeout | undefined
  #sending: Promise<void> | undefined

  constructor(target: ReceiptTarget) {
    this.#target = target
    this.#timer = setInterval(() => this.#poll(), POLL_MS)
    this.#timer.unref()
  }

  get counts(): ReceiptCounts {
    return { ...this.#counts }
  }

  add(receipt: WireReceipt, afterMs: number): void {
    if (this.#counts.waiting >= WAITING_MAX) {
      this.#counts.dropped++
      return
    }
    this.#counts.waiting++
    const dueAtMs = performance.now() + afterMs
    const slot = Math.floor(dueAtMs / POLL_MS)
    const due = this.#slots.get(slot)
    if (due) due.push({ receipt, dueAtMs })
    else this.#slots.set(slot, [{ receipt, dueAtMs }])
  }

  async close(): Promise<void> {
    clearInterval(this.#timer)
    this.#timer = undefined
    await this.#sending
  }

  /** One round at a time. */
  #poll(): void {
    this.#sending ??= this.#sendDue().finally(() => (this.#sending = undefined))
  }

  async #sendDue(): Promise<void> {
    const now = Math.floor(performance.now() / POLL_MS)
    const slots = [...this.#slots.keys()].filter((slot) => slot < now).sort((a, b) => a - b)
    const due = slots.flatMap((slot) => this.#slots.get(slot) ?? [])
    for (const slot of slots) this.#slots.delete(slot)
    for (let start = 0; start < due.length; start += BATCH_MAX)
      await this.#send(due.slice(start, start + BATCH_MAX).map(({ receipt }) => receipt))
  }

  async #send(receipts: WireReceipt[]): Promise<void> {
    while (this.#timer) {
      if (await this.#post(receipts)) {
        this.#counts.stored += receipts.length
        this.#counts.waiting -= receipts.length
        return
      }
      this.#counts.repeatedRequests++
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS).unref())
    }
  }

  async #post(receipts: WireReceipt[]): Promise<boolean> {
    try {
      const response = await fetch(this.#target.url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${this.#target.secret}` },
        body: JSON.stringify(receipts),
        signal: AbortSignal.timeout(TIMEOUT_MS),
      })
      await response.arrayBuffer()
      return response.ok
    } catch {
      return false
    }
  }
}
