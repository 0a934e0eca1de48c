import type { Socket } from 'node:net'
import type { BindKind, SmppTimers } from '../config.ts'
import {
  createPduReader,
  decodePdu,
  describeStatus,
  encodePdu,
  isResponse,
  isResponseId,
  STATUS,
} from '../codec/index.ts'
import type { Malformed, Pdu, PduToSend, Request } from '../codec/index.ts'
import type { Dial } from './dial.ts'
import { openInbox } from './inbox.ts'
import type { Inbox, ReceiveMessage } from './inbox.ts'
import { openOutbound } from './outbound.ts'
import type { Outbound } from './outbound.ts'
import { openRequestWindow } from './requestWindow.ts'
import type { OnOutcome, RequestWindow, ResponseKind } from './requestWindow.ts'
import { watchLink } from './watchLink.ts'
import type { LinkWatch } from './watchLink.ts'

/** What a bind request says of us. */
export interface Credentials {
  systemId: string
  password: string
  systemType: string
  addressRange: string
}

export interface SessionSettings {
  dial: () => Dial
  kind: BindKind
  credentials: Credentials
  window: number
  timers: SmppTimers
  receive: ReceiveMessage
  /** The bind was granted. */
  onBound: () => void
  /** There is room in the window again. */
  onRoom: () => void
  /** A response that no request waited for, or a PDU that could not be read. */
  onOddity: (oddity: Exclude<ResponseKind, 'expected'> | 'malformed') => void
}

type Unnumbered<P> = P extends unknown ? Omit<P, 'sequence'> : never

/** A request of a message; the session numbers it. */
export type RequestToSend = Unnumbered<PduToSend<'submit_sm' | 'query_sm'>>

const INTERFACE_VERSION = 0x34

/** An operator that takes longer to let us go is left without. */
const UNBIND_MAX_MS = 2_000

/** Responses that wait to be written to an operator that does not read them; then nothing more is read either. */
const QUEUED_OCTETS_MAX = 262_144

/**
 * One connection from its opening to its end: it binds, and nothing is submitted before the bind is granted. Any fault
 * ends it; then what left is unanswered at once, and what did not is unsent.
 */
export class Session {
  /** Why it ended, in words for a log. */
  readonly ended: Promise<string>
  readonly #settings: SessionSettings
  readonly #socket: Socket
  readonly #connectTimer: NodeJS.Timeout
  readonly #outbound: Outbound
  readonly #requests: RequestWindow
  /** Since the bind was granted: until then connecting and binding have time limits. */
  #watch: LinkWatch | undefined
  readonly #inbox: Inbox
  readonly #reader = createPduReader()
  readonly #resolveEnded: (reason: string) => void
  #state: 'opening' | 'bound' | 'closing' | 'ended' = 'opening'
  /** Set when nothing but what is queued may still be written. */
  #endsWhenWritten: string | undefined

  constructor(settings: SessionSettings) {
    const { dial, timers, window, onRoom, receive } = settings
    this.#settings = settings
    const { promise, resolve } = Promise.withResolvers<string>()
    this.ended = promise
    this.#resolveEnded = resolve
    const { socket, connected } = dial()
    this.#socket = socket
    this.#connectTimer = setTimeout(() => this.#end('no connection in time'), timers.connectMs)
    this.#outbound = openOutbound({
      socket,
      writeMs: timers.writeMs,
      onStalled: () => this.#end('nothing could be written in time'),
      onWritten: () => this.#written(),
    })
    this.#requests = openRequestWindow({ size: window, responseMs: timers.responseMs, onRoom })
    this.#inbox = openInbox(receive, (frame) => this.#outbound.push(frame))
    socket.once(connected, () => this.#bind())
    socket.on('data', (chunk: Buffer) => this.#read(chunk))
    socket.on('error', (error: NodeJS.ErrnoException) => this.#end(`link: ${error.code ?? error.message}`))
    for (const event of ['end', 'close']) socket.on(event, () => this.#end('the operator closed the link'))
  }

  /** Requests that may be submitted now: none before a good bind, and none on a receiver. */
  free(): number {
    return this.#state === 'bound' && this.#settings.kind !== 'receiver' ? this.#requests.free() : 0
  }

  /** Only while `free()` is above 0. */
  submit(pdu: RequestToSend, onOutcome: OnOutcome): void {
    this.#watch?.used()
    this.#request(pdu, true, onOutcome)
  }

  /** Answers what is being stored, unbinds and closes. */
  close(): Promise<void> {
    return this.#unbind('closed')
  }

  #request(pdu: Unnumbered<PduToSend<Request>>, isCounted: boolean, onOutcome: OnOutcome): void {
    const sequence = this.#requests.add(pdu.command, isCounted, onOutcome)
    this.#outbound.push(encodePdu({ ...pdu, sequence }), () => this.#requests.sent(sequence))
  }

  #bind(): void {
    clearTimeout(this.#connectTimer)
    const { kind, credentials, timers, onBound } = this.#settings
    const request = { command: `bind_${kind}`, ...credentials, interfaceVersion: INTERFACE_VERSION } as const
    this.#request(request, false, (outcome) => {
      if (outcome.kind !== 'answered') return this.#end(`bind: ${outcome.reason}`)
      const { command, status } = outcome.pdu
      if (command === 'generic_nack' || status !== STATUS.ROK)
        return this.#end(`bind refused: ${describeStatus(status)}`)
      if (this.#state !== 'opening') return
      this.#state = 'bound'
      this.#watch = watchLink({
        ...timers,
        enquire: () => this.#request({ command: 'enquire_link' }, false, () => {}),
        onSilent: () => this.#end('the operator is silent'),
        onInactive: () => void this.#unbind('unused'),
      })
      onBound()
    })
  }

  #read(chunk: Buffer): void {
    this.#watch?.received()
    const { frames, illegalLength } = this.#reader.push(chunk)
    for (const frame of frames) {
      if (this.#state === 'ended') return
      const decoded = decodePdu(frame)
      if (decoded.kind === 'pdu') this.#handle(decoded.pdu, frame)
      else this.#refuse(decoded.malformed)
    }
    if (illegalLength !== undefined) this.#end(`not SMPP: a PDU of ${illegalLength} octets`)
    else if (this.#outbound.queuedOctets() >= QUEUED_OCTETS_MAX) this.#socket.pause()
  }

  #handle(pdu: Pdu, frame: Buffer): void {
    const { command, sequence } = pdu
    if (isResponse(command)) {
      const response = this.#requests.respond(pdu)
      if (response !== 'expected') this.#settings.onOddity(response)
    } else if (pdu.command === 'deliver_sm' || pdu.command === 'data_sm') {
      this.#watch?.used()
      if (this.#state === 'opening') this.#nack(sequence, STATUS.RINVBNDSTS)
      else this.#inbox.take(pdu, frame)
    } else if (command === 'enquire_link') {
      this.#outbound.push(encodePdu({ command: 'enquire_link_resp', sequence }))
    } else if (command === 'unbind') {
      this.#state = 'closing'
      this.#endsWhenWritten = 'the operator unbound'
      this.#outbound.push(encodePdu({ command: 'unbind_resp', sequence }))
    } else this.#nack(sequence, STATUS.RINVCMDID)
  }

  /** A response is never answered, not even one that cannot be read. */
  #refuse({ commandId, sequence, status }: Malformed): void {
    this.#settings.onOddity('malformed')
    if (!isResponseId(commandId)) this.#nack(sequence, status)
  }

  #nack(sequence: number, status: number): void {
    this.#outbound.push(encodePdu({ command: 'generic_nack', sequence, status }))
  }

  #written(): void {
    const octets = this.#outbound.queuedOctets()
    if (this.#socket.isPaused() && octets < QUEUED_OCTETS_MAX) this.#socket.resume()
    if (this.#endsWhenWritten !== undefined && octets === 0) this.#end(this.#endsWhenWritten)
  }

  async #unbind(reason: string): Promise<void> {
    if (this.#state === 'opening') this.#end(reason)
    if (this.#state === 'bound') {
      this.#state = 'closing'
      const waitMs = Math.min(UNBIND_MAX_MS, this.#settings.timers.responseMs)
      const timer = setTimeout(() => this.#end(reason), waitMs)
      // What is being stored is still answered, or it would come again.
      await Promise.race([this.#inbox.whenIdle(), this.ended])
      this.#request({ command: 'unbind' }, false, () => this.#end(reason))
      await this.ended
      clearTimeout(timer)
    }
    await this.ended
  }

  #end(reason: string): void {
    if (this.#state === 'ended') return
    this.#state = 'ended'
    clearTimeout(this.#connectTimer)
    this.#watch?.close()
    this.#outbound.close()
    this.#socket.destroy()
    this.#requests.end(reason)
    this.#resolveEnded(reason)
  }
}
