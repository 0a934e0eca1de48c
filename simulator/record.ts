import type { WireMessage } from '../src/operators/http/protocol.ts'

type Noted = Pick<WireMessage, 'reference' | 'to' | 'from'>

type FinalReceipt = 'delivered' | 'undelivered'

/** What the simulator knows of one reference. Times are milliseconds since the epoch; null: never. */
export interface Recorded {
  reference: string
  to: string
  /** Null: the operator's default. */
  from: string | null
  /** How often it came, in whatever call. */
  seen: number
  /** How often it was really taken: that often the text would have been sent. */
  taken: number
  firstSeenAt: number
  firstTakenAt: number | null
  lastTakenAt: number | null
  lastResult: string
  /** Of what came over SMPP, which has no reference of the client's. */
  text?: string
  /** The operator's identifiers of its last taking, by part. Over SMPP alone. */
  messageIds?: string[]
  /** What the final receipt of its first taking with one says; null when none is sent. */
  receipt: FinalReceipt | null
  /** What the final receipts of all its takings say: each word once. */
  receipts: FinalReceipt[]
}

export interface RecordSummary {
  /** When the record began: what was taken before is not in it. Milliseconds since the epoch. */
  startedAt: number
  references: number
  /** All that was taken, whether or not the record had room for its reference. */
  taken: number
  takenReferences: number
  /** Takings beyond the first of each reference. */
  repeats: number
  repeatedReferences: number
  /** The first of them, at most REPEATED_LISTED_MAX. */
  repeated: string[]
  /** Submissions of which no more is known, because the record was full when their reference first came. */
  dropped: number
}

/** About 260 bytes each, 0.8 GB when full: more than an hour and a half at 500 messages a second. */
export const REFERENCES_MAX = 3_000_000
export const REPEATED_LISTED_MAX = 1_000

/** A map that grows is rehashed in one go: 170 ms once it holds millions, 5 ms for one of many small ones (measured). */
const SHARDS = 256
const EXPORT_LINES_A_CHUNK = 1_000
const NEVER = -1
const NO_RECEIPTS: readonly FinalReceipt[] = []
const ONE_RECEIPT = { delivered: ['delivered'], undelivered: ['undelivered'] } as const

/** Times are kept relative to the record's start: small integers lie in the object itself, large ones beside it. */
interface Entry {
  to: string
  from: string | null
  seen: number
  taken: number
  firstSeenMs: number
  firstTakenMs: number
  lastTakenMs: number
  lastResult: string
  receipt: Recorded['receipt']
  /** The same list for all that have one word alone. */
  receipts: readonly FinalReceipt[]
  content: Content | null
}

/** What the record keeps of a message that came over SMPP. */
export interface Content {
  text: string
  /** Empty: it was not taken, and those of a taking before stay. */
  messageIds: string[]
}

/** Every submission by reference, in bounded memory. */
export class SubmissionRecord {
  readonly #referencesMax: number
  #shards: Map<string, Entry>[] = []
  #startedAt = 0
  #references = 0
  #taken = 0
  #takenReferences = 0
  #repeats = 0
  #repeatedReferences = 0
  #repeated: string[] = []
  #dropped = 0

  constructor(referencesMax: number) {
    this.#referencesMax = referencesMax
    this.clear()
  }

  clear(): void {
    this.#shards = Array.from({ length: SHARDS }, () => new Map<string, Entry>())
    this.#startedAt = Date.now()
    this.#references = this.#taken = this.#takenReferences = 0
    this.#repeats = this.#repeatedReferences = this.#dropped = 0
    this.#repeated = []
  }

  note({ reference, to, from = null }: Noted, outcome: string, taken: boolean): void {
    const atMs = Date.now() - this.#startedAt
    if (taken) this.#taken++
    const shard = this.#shardOf(reference)
    let entry = shard.get(reference)
    if (!entry) {
      if (this.#references === this.#referencesMax) {
        this.#dropped++
        return
      }
      this.#references++
      entry = {
        to,
        from,
        seen: 0,
        taken: 0,
        firstSeenMs: atMs,
        firstTakenMs: NEVER,
        lastTakenMs: NEVER,
        lastResult: '',
        content: null,
        receipt: null,
        receipts: NO_RECEIPTS,
      }
      shard.set(reference, entry)
    }
    entry.to = to
    entry.from = from
    entry.seen++
    entry.lastResult = outcome
    if (taken) this.#take(reference, entry, atMs)
  }

  /** Of a message that was noted. */
  annotate(reference: string, { text, messageIds }: Content): void {
    const entry = this.#shardOf(reference).get(reference)
    if (entry && (messageIds.length > 0 || !entry.content)) entry.content = { text, messageIds }
  }

  /** Of a message that was noted as taken. Once one is sent, a later taking's does not change what counts. */
  noteReceipt(reference: string, receipt: Recorded['receipt']): void {
    const entry = this.#shardOf(reference).get(reference)
    if (!entry || !receipt) return
    entry.receipt ??= receipt
    if (entry.receipts === NO_RECEIPTS) entry.receipts = ONE_RECEIPT[receipt]
    else if (!entry.receipts.includes(receipt)) entry.receipts = [...entry.receipts, receipt]
  }

  get(reference: string): Recorded | undefined {
    const entry = this.#shardOf(reference).get(reference)
    return entry && this.#describe(reference, entry)
  }

  /** Once the record was full, what it does not have may have been taken. */
  statusOf(reference: string): 'accepted' | 'not_taken' | 'not_known' {
    const entry = this.#shardOf(reference).get(reference)
    if (entry) return entry.taken > 0 ? 'accepted' : 'not_taken'
    return this.#dropped > 0 ? 'not_known' : 'not_taken'
  }

  summary(): RecordSummary {
    return {
      startedAt: this.#startedAt,
      references: this.#references,
      taken: this.#taken,
      takenReferences: this.#takenReferences,
      repeats: this.#repeats,
      repeatedReferences: this.#repeatedReferences,
      repeated: this.#repeated,
      dropped: this.#dropped,
    }
  }

  /** The whole record as NDJSON, some lines at a time, in no particular order. */
  *ndjson(): Generator<string> {
    let lines: string[] = []
    for (const shard of this.#shards) {
      for (const [reference, entry] of shard) {
        lines.push(JSON.stringify(this.#describe(reference, entry)), '\n')
        if (lines.length < 2 * EXPORT_LINES_A_CHUNK) continue
        yield lines.join('')
        lines = []
      }
    }
    yield lines.join('')
  }

  #take(reference: string, entry: Entry, atMs: number): void {
    entry.taken++
    entry.lastTakenMs = atMs
    if (entry.taken > 1) this.#repeats++
    if (entry.taken === 1) {
      entry.firstTakenMs = atMs
      this.#takenReferences++
    } else if (entry.taken === 2) {
      this.#repeatedReferences++
      if (this.#repeated.length < REPEATED_LISTED_MAX) this.#repeated.push(reference)
    }
  }

  #shardOf(reference: string): Map<string, Entry> {
    let hash = 0
    for (let at = 0; at < reference.length; at++) hash = (Math.imul(hash, 31) + reference.charCodeAt(at)) | 0
    return this.#shards[(hash ^ (hash >>> 16)) & (SHARDS - 1)] as Map<string, Entry>
  }

  #describe(reference: string, entry: Entry): Recorded {
    const { to, from, seen, taken, lastResult, receipt, receipts, content } = entry
    const at = (ms: number) => (ms === NEVER ? null : this.#startedAt + ms)
    return {
      reference,
      to,
      from,
      seen,
      taken,
      firstSeenAt: this.#startedAt + entry.firstSeenMs,
      firstTakenAt: at(entry.firstTakenMs),
      lastTakenAt: at(entry.lastTakenMs),
      lastResult,
      receipt,
      receipts: [...receipts],
      ...content,
    }
  }
}
