import type { OperatorResult, Submission } from '../contract.ts'
import type { SmppOptions } from './config.ts'
import type { Dispatcher } from './dispatch.ts'
import { combineParts, readResponse } from './results.ts'
import type { MessageResult, PartResult } from './results.ts'
import type { Outcome } from './session/requestWindow.ts'
import type { RequestToSend } from './session/session.ts'
import { toDestination, toSource } from './text/addresses.ts'
import { frameText } from './text/frameParts.ts'
import type { OpenReference, References } from './text/references.ts'

export interface SubmitContext {
  options: SmppOptions
  dispatcher: Dispatcher
  references: References
  /** A response came after the call had ended without it, or a part was taken of a message that as a whole was not. */
  onLate: (late: { reference: string; part: number; parts: number; result: OperatorResult }) => void
}

/** What a call learns of one of its messages. */
export interface Submitted extends MessageResult {
  unreadableIdentifiers: number
  /** Times that a part was throttled. */
  throttledParts: number
}

const REGISTERED_DELIVERY = { none: 0, all: 1, failures: 2 } as const

const CANNOT_BE_COMPLETED = 'its operator has parts of it that cannot be completed any more'

/** What a C-Octet String of an address holds. */
const ADDRESS = /^[ -~]{0,20}$/

/**
 * Submits one message, a submit_sm for each part that its operator has not taken yet, through whatever window has room.
 * When the time is over, what still waits is not sent, and what has no response is unknown.
 */
export class MessageCall {
  readonly result: Promise<Submitted>
  readonly #context: SubmitContext
  readonly #message: Submission
  readonly #resolve: (submitted: Submitted) => void
  /** By part; undefined while it is not known. */
  #parts: (PartResult | undefined)[] = []
  readonly #takeBack = new Map<number, () => boolean>()
  #reference: OpenReference | undefined
  #throttledParts = 0
  #isOver = false

  constructor(message: Submission, context: SubmitContext) {
    this.#message = message
    this.#context = context
    const { promise, resolve } = Promise.withResolvers<Submitted>()
    this.result = promise
    this.#resolve = resolve
  }

  /** Begins to submit. Its parts get their reference first, if it has several. */
  async start(): Promise<void> {
    const { options, references } = this.#context
    const { to, from, text, partIds } = this.#message
    const source = toSource(from, options.source)
    const destination = toDestination(to, options.destination)
    if (!ADDRESS.test(source.digits) || !ADDRESS.test(destination.digits))
      return this.#finishUnsent('refused', 'its sender or recipient has no form in SMPP')
    const framed = frameText(text, options)
    if (framed.parts > 1) {
      try {
        this.#reference = await references.open(this.#message)
      } catch (error) {
        return this.#finishUnsent('unavailable', `no reference for its parts: ${String(error)}`)
      }
      if (this.#isOver) return
      if (!this.#reference) return this.#finishUnsent('unavailable', 'no reference is free for its parts')
    }
    // The operator's settings cut it otherwise now.
    if (partIds && partIds.length !== framed.parts)
      return this.#finish({
        result: { kind: 'rejected', reason: CANNOT_BE_COMPLETED, partIds },
        isOperatorFault: false,
      })
    const common = {
      command: 'submit_sm',
      serviceType: options.serviceType,
      sourceAddrTon: source.ton,
      sourceAddrNpi: source.npi,
      sourceAddr: source.digits,
      destAddrTon: destination.ton,
      destAddrNpi: destination.npi,
      destinationAddr: destination.digits,
      registeredDelivery: REGISTERED_DELIVERY[options.receiptsWanted],
    } as const
    this.#submitMissing(framed.frame(this.#reference?.value ?? 0).map((part) => ({ ...common, ...part })))
  }

  /** The time is over. */
  expire(): void {
    if (this.#isOver) return
    this.#parts.forEach((part, at) => {
      if (part) return
      const isTakenBack = this.#takeBack.get(at)?.() ?? true
      this.#parts[at] = isTakenBack
        ? { kind: 'unavailable', reason: 'no room in a window in time', isOperatorFault: true }
        : { kind: 'unknown', reason: 'no response in time' }
    })
    if (this.#parts.length === 0) return this.#finishUnsent('unavailable', 'no time left')
    this.#finishIfKnown()
  }

  #submitMissing(requests: RequestToSend[]): void {
    const earlier = this.#message.partIds ?? []
    this.#parts = requests.map((_, at) => toTaken(earlier[at]))
    this.#finishIfKnown()
    requests.forEach((request, at) => {
      if (this.#isOver || this.#parts[at]) return
      this.#takeBack.set(
        at,
        this.#context.dispatcher.submit(request, (outcome) => this.#learn(at, outcome)),
      )
    })
  }

  #learn(at: number, outcome: Outcome): void {
    const part = this.#read(outcome)
    if (this.#isOver) {
      if (outcome.kind === 'answered') this.#tellLate(at, part)
      return
    }
    if (part.kind === 'throttled') this.#throttledParts++
    this.#parts[at] = part
    this.#finishIfKnown()
  }

  #read(outcome: Outcome): PartResult {
    switch (outcome.kind) {
      case 'answered':
        return readResponse(outcome.pdu, this.#context.options.statusResults)
      case 'unsent':
        return { kind: 'unavailable', reason: outcome.reason, isOperatorFault: true }
      case 'unanswered':
        return { kind: 'unknown', reason: outcome.reason }
    }
  }

  #tellLate(at: number, part: PartResult): void {
    const { result } = combineParts([part])
    const { reference } = this.#message
    this.#context.onLate({ reference, part: at + 1, parts: this.#parts.length, result })
  }

  #finishIfKnown(): void {
    const known = this.#parts.filter((each) => each !== undefined)
    if (known.length === this.#parts.length) this.#finish(combineParts(known))
  }

  /** It keeps what its operator has of it. */
  #finishUnsent(kind: 'unavailable' | 'refused', reason: string): void {
    if (this.#isOver) return
    const { partIds } = this.#message
    const result = kind === 'unavailable' && partIds ? { kind, reason, partIds } : { kind, reason }
    this.#finish({ result, isOperatorFault: false })
  }

  #finish(combined: MessageResult): void {
    this.#isOver = true
    const { kind } = combined.result
    if (kind === 'accepted' || kind === 'rejected') this.#reference?.release()
    // Parts that were taken have receipts, whatever happens to the message and to this process.
    if (kind !== 'accepted')
      for (const at of this.#takeBack.keys()) {
        const part = this.#parts[at]
        if (part?.kind === 'accepted') this.#tellLate(at, part)
      }
    const unreadable = this.#parts.filter((part) => part?.kind === 'accepted' && !part.isReadable)
    this.#resolve({
      ...combined,
      unreadableIdentifiers: kind === 'accepted' ? Math.min(1, unreadable.length) : 0,
      throttledParts: this.#throttledParts,
    })
  }
}

/** A part that was taken in an earlier call. */
function toTaken(identifier: string | null | undefined): PartResult | undefined {
  return typeof identifier === 'string' ? { kind: 'accepted', identifier, isReadable: true } : undefined
}
