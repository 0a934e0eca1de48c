import type { Socket } from 'node:net'
import {
  createPduReader,
  decodePdu,
  encodePdu,
  isResponse,
  isResponseId,
  responseTo,
  STATUS,
} from '../../src/operators/smpp/codec/index.ts'
import type { Malformed, Pdu, PduOf, PduToSend, RequestPdu } from '../../src/operators/smpp/codec/index.ts'
import type { SimulatedOperator } from '../operator.ts'
import { isTimely, respond } from './respond.ts'
import type { SmppSubmissions } from './submissions.ts'
import type { SessionCounter, TrafficCounter } from './traffic.ts'

export type BindKind = 'receiver' | 'transmitter' | 'transceiver'
type Bind = PduOf<`bind_${BindKind}`>

export interface Credentials {
  systemId: string
  password: string
}

export interface LinkSettings {
  operator: SimulatedOperator
  credentials: Credentials
  submissions: SmppSubmissions
  traffic: TrafficCounter
  onResponse: (pdu: Pdu) => void
  /** It sent what is no PDU, or answered ours with a generic_nack. */
  onOddity: (oddity: 'malformed' | 'nack') => void
}

/** A connection that does not bind in time is closed. */
const BIND_MS = 10_000
/** What a client does not read is kept up to here; then it is cut off. */
const UNREAD_OCTETS_MAX = 8_388_608
const INTERFACE_VERSION = 0x34

/** One connection as the operator has it: unbound, then bound, until either side ends it. */
export class ServerLink {
  readonly socket: Socket
  readonly #settings: LinkSettings
  readonly #reader = createPduReader()
  #kind: BindKind | undefined
  #counter: SessionCounter | undefined

  constructor(socket: Socket, settings: LinkSettings) {
    this.socket = socket
    this.#settings = settings
    const bindTimer = setTimeout(() => this.#kind ?? this.cut(), BIND_MS)
    socket.setNoDelay(true)
    socket.on('error', () => {})
    socket.on('data', (chunk) => this.#read(chunk))
    socket.once('close', () => {
      clearTimeout(bindTimer)
      this.#counter?.ended()
    })
  }

  /** Undefined before a bind is granted. */
  get kind(): BindKind | undefined {
    return this.#kind
  }

  get isReceiving(): boolean {
    return this.#kind !== undefined && this.#kind !== 'transmitter' && this.socket.writable
  }

  send(pdu: PduToSend): void {
    this.write(encodePdu(pdu))
  }

  write(octets: Buffer, isTrickled = false): void {
    if (!this.socket.writable) return
    if (this.socket.writableLength > UNREAD_OCTETS_MAX) return this.cut()
    if (!isTrickled) return void this.socket.write(octets)
    for (const octet of octets) this.socket.write(Buffer.of(octet))
  }

  /** What was written before may still leave. */
  cut(): void {
    if (this.socket.writableLength > 0) this.socket.destroySoon()
    else this.socket.destroy()
  }

  #read(chunk: Buffer): void {
    const { frames, illegalLength } = this.#reader.push(chunk)
    for (const frame of frames) {
      if (this.socket.destroyed) return
      const decoded = decodePdu(frame)
      if (decoded.kind === 'malformed') this.#refuse(decoded.malformed)
      else this.#handle(decoded.pdu)
    }
    if (illegalLength === undefined) return
    this.#settings.onOddity('malformed')
    this.cut()
  }

  #refuse({ commandId, sequence, status }: Malformed): void {
    this.#settings.onOddity('malformed')
    if (!isResponseId(commandId)) this.send({ command: 'generic_nack', sequence, status })
  }

  #handle(pdu: Pdu): void {
    if (isResponse(pdu.command)) {
      if (pdu.command === 'generic_nack') this.#settings.onOddity('nack')
      return this.#settings.onResponse(pdu)
    }
    this.#serve(pdu as RequestPdu)
  }

  #serve(pdu: RequestPdu): void {
    const { command, sequence } = pdu
    switch (command) {
      case 'bind_receiver':
      case 'bind_transmitter':
      case 'bind_transceiver':
        return this.#bind(pdu)
      case 'enquire_link':
        return this.send({ command: 'enquire_link_resp', sequence })
      case 'unbind':
        this.send({ command: 'unbind_resp', sequence })
        return void this.socket.end()
      case 'submit_sm':
        if (this.#kind === undefined || this.#kind === 'receiver')
          return this.send({ command: 'submit_sm_resp', sequence, status: STATUS.RINVBNDSTS })
        return this.#submit(pdu)
      case 'query_sm':
        return this.send({ command: responseTo(command), sequence, status: STATUS.RQUERYFAIL })
      case 'deliver_sm':
      case 'data_sm':
        return this.send({ command: 'generic_nack', sequence, status: STATUS.RINVCMDID })
    }
  }

  #bind({ command, sequence, systemId, password }: Bind): void {
    const { operator, credentials, traffic } = this.#settings
    if (operator.behaviour.outage === 'drop') return this.cut()
    const refuse = (status: number) => {
      this.send({ command: responseTo(command), sequence, status })
      this.socket.end()
    }
    if (operator.behaviour.outage !== 'none') return refuse(STATUS.RBINDFAIL)
    if (this.#kind !== undefined)
      return this.send({ command: responseTo(command), sequence, status: STATUS.RALYBND })
    if (systemId !== credentials.systemId) return refuse(STATUS.RINVSYSID)
    if (password !== credentials.password) return refuse(STATUS.RINVPASWD)
    this.#kind = command.slice('bind_'.length) as BindKind
    this.#counter = traffic.open(this.#kind)
    const tlvs = [{ tag: 0x0210, value: Buffer.of(INTERFACE_VERSION) }]
    this.send({ command: responseTo(command), sequence, systemId: operator.name.slice(0, 15), tlvs })
  }

  #submit(pdu: PduOf<'submit_sm'>): void {
    const { submissions, operator } = this.#settings
    const { sequence } = pdu
    const reaction = submissions.react(pdu)
    if (typeof reaction === 'string') {
      this.#counter?.received(true)()
      return this.send({ command: 'submit_sm_resp', sequence, status: STATUS.RSUBMITFAIL })
    }
    const answered = this.#counter?.received(isTimely(reaction)) ?? (() => {})
    respond(this, sequence, reaction, operator.behaviour, answered)
  }
}
