import { commandOf, isResponseId } from './commands.ts'
import type { Cursor } from './fields.ts'
import { fieldsOf } from './layouts.ts'
import { HEADER_OCTETS } from './pdu.ts'
import type { Pdu } from './pdu.ts'
import { STATUS } from './statuses.ts'
import { readTlvs } from './tlvs.ts'

/** A frame with a readable header whose command is unknown or whose body is not that command's. */
export interface Malformed {
  commandId: number
  sequence: number
  /** What to answer a request with, in a generic_nack. */
  status: number
}

export type Decoded = { kind: 'pdu'; pdu: Pdu } | { kind: 'malformed'; malformed: Malformed }

/**
 * Decodes a whole frame of at least 16 octets, as the PDU reader cuts them, and never throws; octet fields are views of
 * it. A response is read as far as it goes, because what it says counts more than its form: missing fields are empty, a
 * TLV that is cut off is dropped.
 */
export function decodePdu(frame: Buffer): Decoded {
  const commandId = frame.readUInt32BE(4)
  const status = frame.readUInt32BE(8)
  const sequence = frame.readUInt32BE(12)
  const malformed = (status: number): Decoded => {
    return { kind: 'malformed', malformed: { commandId, sequence, status } }
  }
  const command = commandOf(commandId)
  if (command === undefined) return malformed(STATUS.RINVCMDID)
  const cursor: Cursor = { frame, isLenient: isResponseId(commandId), at: HEADER_OCTETS }
  const pdu: Record<string, unknown> = { command, status, sequence }
  for (const [name, field] of fieldsOf(command)) {
    const value = field.read(cursor)
    if (value === undefined) return malformed(STATUS.RINVMSGLEN)
    pdu[name] = value
  }
  const { tlvs, isCut } = readTlvs(frame, cursor.at)
  if (isCut && !cursor.isLenient) return malformed(STATUS.RINVOPTPARSTREAM)
  pdu['tlvs'] = tlvs
  return { kind: 'pdu', pdu: pdu as unknown as Pdu }
}
