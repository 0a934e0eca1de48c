import type { Command, Request } from './commands.ts'
import type { BodyOf } from './layouts.ts'
import type { Tlv } from './tlvs.ts'

/** One protocol data unit as it was received. Text fields have one character for each octet. */
export type PduOf<C extends Command> = {
  command: C
  /** command_status: 0 in requests. */
  status: number
  sequence: number
  /** All optional parameters in their order, known or not. */
  tlvs: Tlv[]
} & BodyOf<C>

export type Pdu = { [C in Command]: PduOf<C> }[Command]
export type RequestPdu = { [C in Request]: PduOf<C> }[Request]

/** One to be sent: missing fields are 0 or empty. */
export type PduToSend<C extends Command = Command> = {
  [D in C]: { command: D; sequence: number; status?: number; tlvs?: Tlv[] } & Partial<BodyOf<D>>
}[C]

/** Length, command, status and sequence number, four octets each. */
export const HEADER_OCTETS = 16

/** A message_payload of 64 KiB and its fields. */
export const PDU_OCTETS_MAX = 66_560

/** The largest sequence number of a request; it begins again with 1. */
export const SEQUENCE_MAX = 0x7fff_ffff
