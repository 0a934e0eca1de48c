import type { Answer, WireMessage } from '../src/operators/http/protocol.ts'
import { behaviourSchema, callRates, GOOD_BEHAVIOUR } from './behaviour.ts'
import type { Behaviour, CorruptResponseKind, Mishap } from './behaviour.ts'
import { drawLatencyMs } from './drawLatencyMs.ts'
import { createCallLimit } from './callLimit.ts'
import type { CallLimit } from './callLimit.ts'
import { seededRandom } from './random.ts'
import type { Random } from './random.ts'
import { drawReceipts } from './receipts/drawReceipts.ts'
import type { WireReceipt } from './receipts/drawReceipts.ts'
import { SubmissionRecord } from './record.ts'
import type { Recorded } from './record.ts'

/** What the simulator does with a call, and what it came from. */
export type Reaction =
  | { kind: 'answer'; latencyMs: number; answers: Answer[]; manner?: 'late' | 'repeated' }
  | { kind: 'corrupt-response'; latencyMs: number; answers: Answer[]; how: CorruptResponseKind }
  | { kind: 'refuse'; latencyMs: number; status: number; reason: string; retryAfter: string | null }
  | { kind: 'drop'; latencyMs: number }
  | { kind: 'hang' }

/** Called for each receipt that is to be sent, with the time from now. */
export type SendReceipt = (receipt: WireReceipt, afterMs: number) => void

/** A message that was taken: its identifier here, and what its final receipt says, if one is sent. */
export interface Taking {
  messageId: string
  receipt: Recorded['receipt']
}

/** Where a call came in: there it is written down, and its receipts leave. */
export interface Channel {
  /** `taking`: null when it was not taken. */
  note(message: WireMessage, outcome: string, taking: Taking | null): void
  /** Absent: no receipts are sent. */
  sendReceipt?: SendReceipt | undefined
  /** Set where receipts can name a message in one way only. */
  receiptBy?: Behaviour['receiptBy']
}

export interface OperatorOptions {
  /** Absent: no receipts are sent. */
  sendReceipt?: SendReceipt | undefined
  /** Where it differs from a good operator's at the start. */
  behaviour?: Partial<Behaviour> | undefined
}

const FIRST_HEXADECIMAL = 0xa000_0000

type Fate = 'answered' | 'outage' | 'over-limit' | 'poison' | Mishap

/** The simulated operator without its HTTP: how it behaves, its sequence of chances, and what it took. */
export class SimulatedOperator {
  readonly name: string
  readonly record: SubmissionRecord
  #behaviour: Behaviour
  #random: Random
  #fates: Partial<Record<Fate, number>> = {}
  #rejectedDigits = new Set<string>()
  #accepted = 0
  #limit: CallLimit | undefined
  readonly #http: Channel
  /** Apart from the chances of calls, which receipts must not shift. */
  #receiptRandom: Random

  constructor(name: string, seed: number, referencesMax: number, options: OperatorOptions = {}) {
    this.name = name
    this.record = new SubmissionRecord(referencesMax)
    this.#behaviour = { ...GOOD_BEHAVIOUR, ...options.behaviour, seed }
    this.#random = seededRandom(seed)
    this.#receiptRandom = seededRandom(seed + 1)
    this.#http = {
      sendReceipt: options.sendReceipt,
      note: (message, outcome, taking) => {
        this.record.note(message, outcome, taking !== null)
        if (taking) this.record.noteReceipt(message.reference, taking.receipt)
      },
    }
  }

  get behaviour(): Behaviour {
    return this.#behaviour
  }

  /** How many calls ended in which way. */
  get calls(): Partial<Record<Fate, number>> {
    return this.#fates
  }

  forget(): void {
    this.record.clear()
    this.#fates = {}
  }

  /** Takes the changes over `base` and returns undefined, or returns what is wrong with them and changes nothing. */
  behave(base: Partial<Behaviour>, changes: unknown): string[] | undefined {
    if (typeof changes !== 'object' || changes === null || Array.isArray(changes))
      return ['an object is needed']
    const parsed = behaviourSchema.safeParse({ ...base, ...changes })
    if (!parsed.success) {
      return parsed.error.issues.map(({ path, message }) =>
        [path.join('.'), message].filter(Boolean).join(': '),
      )
    }
    this.#behaviour = parsed.data
    this.#rejectedDigits = new Set(parsed.data.rejectedNumbers.map(digitsOf))
    const { callsPerSecondMax } = parsed.data
    if ('callsPerSecondMax' in changes || callsPerSecondMax === null)
      this.#limit = callsPerSecondMax === null ? undefined : createCallLimit(callsPerSecondMax)
    if ('seed' in changes) {
      this.#random = seededRandom(parsed.data.seed)
      this.#receiptRandom = seededRandom(parsed.data.seed + 1)
    }
    return undefined
  }

  /** Decides the result of a call, and writes it down: what is taken is taken now, whether or not it is answered. */
  react(call: WireMessage[], channel: Channel = this.#http): Reaction {
    const fate = this.#fateOf(call)
    this.#fates[fate] = (this.#fates[fate] ?? 0) + 1
    const latencyMs = fate === 'outage' ? 0 : drawLatencyMs(this.#behaviour.latency, this.#random)
    switch (fate) {
      case 'outage':
        this.#refuse(call, channel, fate)
        if (this.#behaviour.outage === 'drop') return { kind: 'drop', latencyMs }
        return this.#refusal(latencyMs, 503, 'out of service')
      case 'over-limit':
        this.#refuse(call, channel, fate)
        return this.#refusal(latencyMs, 429, 'too many calls')
      case 'poison':
        this.#refuse(call, channel, fate)
        return this.#refusal(latencyMs, this.#poisonIn(call) ?? 500, 'cannot process')
      case 'fail':
        this.#refuse(call, channel, fate)
        return this.#refusal(latencyMs, this.#behaviour.failStatus, 'internal fault')
      case 'throttle':
        this.#refuse(call, channel, fate)
        return this.#refusal(latencyMs, 429, 'too fast')
      case 'drop-before':
        this.#refuse(call, channel, fate)
        return { kind: 'drop', latencyMs }
      case 'drop-after':
        this.#take(call, channel, fate)
        return { kind: 'drop', latencyMs }
      case 'hang-before':
        this.#refuse(call, channel, fate)
        return { kind: 'hang' }
      case 'hang-after':
        this.#take(call, channel, fate)
        return { kind: 'hang' }
      case 'corrupt-response':
        return {
          kind: 'corrupt-response',
          latencyMs,
          answers: this.#take(call, channel, fate),
          how: this.#behaviour.corruptResponseKind,
        }
      case 'late': {
        const lateMs = latencyMs + this.#behaviour.lateMs
        return { kind: 'answer', latencyMs: lateMs, answers: this.#take(call, channel, fate), manner: 'late' }
      }
      case 'repeat':
        return { kind: 'answer', latencyMs, answers: this.#take(call, channel, fate), manner: 'repeated' }
      case 'answered':
        return { kind: 'answer', latencyMs, answers: this.#take(call, channel) }
    }
  }

  /** What it says of a message when it is asked: undefined while that is not final, or where it sends receipts. */
  deliveryOf(reference: string): Omit<WireReceipt, 'reference' | 'message_id'> | undefined {
    const { reports, receiptDelay, undeliveredCode } = this.#behaviour
    const recorded = reports === 'status' ? this.record.get(reference) : undefined
    if (!recorded?.receipt || recorded.firstTakenAt === null) return undefined
    const doneAtMs = recorded.firstTakenAt + receiptDelay.maxMs
    if (doneAtMs > Date.now()) return undefined
    const hasCode = recorded.receipt === 'undelivered' && undeliveredCode !== ''
    return {
      ...{ status: recorded.receipt, done_at: new Date(doneAtMs).toISOString() },
      ...(hasCode && { error_code: undeliveredCode }),
    }
  }

  #fateOf(call: WireMessage[]): Fate {
    if (this.#behaviour.outage !== 'none') return 'outage'
    if (this.#limit && !this.#limit.admits()) return 'over-limit'
    if (this.#poisonIn(call)) return 'poison'
    let chance = this.#random()
    for (const [mishap, rate] of callRates(this.#behaviour)) {
      if (chance < rate) return mishap
      chance -= rate
    }
    return 'answered'
  }

  #poisonIn(call: WireMessage[]): 400 | 500 | undefined {
    const { poisonTexts } = this.#behaviour
    if (poisonTexts.length === 0) return undefined
    return poisonTexts.find((poison) => call.some(({ text }) => text.includes(poison.text)))?.status
  }

  /** Each message's own verdict. A fate of the whole call stands in the record in place of 'accepted'. */
  #take(call: WireMessage[], channel: Channel, fate?: Fate): Answer[] {
    return call.map((message) => {
      const answer = this.#answerTo(message)
      const taken = answer.status === 'accepted'
      const taking = taken ? this.#takingOf(message, String(answer.message_id), channel) : null
      channel.note(message, taken && fate ? fate : answer.status, taking)
      return answer
    })
  }

  #answerTo({ reference, to }: WireMessage): Answer {
    // One chance a message whatever its number, so that a longer list of numbers does not shift the sequence.
    const chance = this.#random()
    const { rejectRate, unavailableRate } = this.#behaviour
    if (this.#rejectedDigits.has(digitsOf(to)))
      return { reference, status: 'rejected', reason: 'unknown number' }
    if (chance < rejectRate) return { reference, status: 'rejected', reason: 'refused' }
    if (chance < rejectRate + unavailableRate)
      return { reference, status: 'unavailable', reason: 'try later' }
    return { reference, status: 'accepted', message_id: this.#nextMessageId() }
  }

  #nextMessageId(): string {
    const number = ++this.#accepted
    if (this.#behaviour.messageIds === 'named') return `${this.name}-${number.toString(36)}`
    // Never a number of eight decimal digits, so that no notation of one is another one's.
    return (FIRST_HEXADECIMAL + number).toString(16)
  }

  /** Sends its receipts, too. */
  #takingOf({ reference }: WireMessage, messageId: string, { sendReceipt, receiptBy }: Channel): Taking {
    const isAsked = this.#behaviour.reports === 'status'
    if (!sendReceipt && !isAsked) return { messageId, receipt: null }
    const behaviour = { ...this.#behaviour, ...(receiptBy && { receiptBy }) }
    const message = { reference, messageId }
    const { receipts, truth } = drawReceipts(behaviour, message, this.#receiptRandom, Date.now())
    if (!isAsked) for (const { receipt, afterMs } of receipts) sendReceipt?.(receipt, afterMs)
    return { messageId, receipt: truth }
  }

  #refusal(latencyMs: number, status: number, reason: string): Reaction {
    const { retryAfter } = this.#behaviour
    return { kind: 'refuse', latencyMs, status, reason, retryAfter }
  }

  #refuse(call: WireMessage[], channel: Channel, fate: Fate): void {
    for (const message of call) channel.note(message, fate, null)
  }
}

function digitsOf(number: string): string {
  return number.startsWith('+') ? number.slice(1) : number
}
