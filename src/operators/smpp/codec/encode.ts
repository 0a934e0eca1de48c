import { COMMAND_IDS } from './commands.ts'
import { BODILESS_ON_ERROR, fieldsOf } from './layouts.ts'
import { HEADER_OCTETS, PDU_OCTETS_MAX } from './pdu.ts'
import type { PduToSend } from './pdu.ts'
import { sizeOfTlvs, writeTlvs } from './tlvs.ts'

/** @returns the PDU's octets. @throws RangeError for a value that its field cannot hold. */
export function encodePdu(pdu: PduToSend): Buffer {
  const { command, sequence, status = 0, tlvs = [] } = pdu
  const values = pdu as unknown as Record<string, unknown>
  const fields = status !== 0 && BODILESS_ON_ERROR.has(command) ? [] : fieldsOf(command)
  let length = HEADER_OCTETS + sizeOfTlvs(tlvs)
  for (const [name, field] of fields) length += field.sizeOf(values[name] ?? field.empty)
  if (length > PDU_OCTETS_MAX) throw new RangeError(`a PDU of ${length} octets, at most ${PDU_OCTETS_MAX}`)
  const frame = Buffer.allocUnsafe(length)
  frame.writeUInt32BE(length, 0)
  frame.writeUInt32BE(COMMAND_IDS[command], 4)
  frame.writeUInt32BE(status, 8)
  frame.writeUInt32BE(sequence, 12)
  let at = HEADER_OCTETS
  for (const [name, field] of fields) at = field.write(frame, at, values[name] ?? field.empty)
  writeTlvs(frame, at, tlvs)
  return frame
}
