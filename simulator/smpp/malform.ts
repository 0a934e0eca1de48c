import { encodePdu } from '../../src/operators/smpp/codec/index.ts'
import type { SmppMalformedKind } from '../behaviour.ts'

/** What leaves in place of a response to a submit_sm that was taken. */
export interface Malformed {
  octets: Buffer
  /** An octet a segment. */
  isTrickled?: boolean
  /** The link is cut behind it. */
  isCut?: boolean
}

interface Taken {
  sequence: number
  messageId: string
}

const UNKNOWN_REQUEST = 0x0000_0099
const UNKNOWN_RESPONSE = 0x8000_0099
/** The tag of no parameter that is known here. */
const UNKNOWN_TAG = 0x1400
/** Far from any that is in use. */
const SEQUENCES_APART = 1_000_000
/** Where a PDU has its length and its command. */
const LENGTH_AT = 0
const COMMAND_AT = 4
/** Of a deliver_sm whose text fields are empty. */
const SM_LENGTH_AT = 32

function respond({ sequence, messageId }: Taken): Buffer {
  return encodePdu({ command: 'submit_sm_resp', sequence, messageId })
}

function withNumber(frame: Buffer, at: number, value: number): Buffer {
  frame.writeUInt32BE(value, at)
  return frame
}

/** Cuts octets off the end, and says so in the length. */
function shortened(frame: Buffer, octets: number): Buffer {
  const cut = frame.subarray(0, frame.length - octets)
  return withNumber(cut, LENGTH_AT, cut.length)
}

function withBadRequest(taken: Taken): Buffer {
  const request = encodePdu({ command: 'deliver_sm', sequence: taken.sequence, esmClass: 4 })
  request[SM_LENGTH_AT] = 0xff
  return Buffer.concat([respond(taken), request])
}

function withUnknownRequest(taken: Taken): Buffer {
  const request = encodePdu({ command: 'enquire_link', sequence: taken.sequence })
  return Buffer.concat([respond(taken), withNumber(request, COMMAND_AT, UNKNOWN_REQUEST)])
}

const KINDS: Record<SmppMalformedKind, (taken: Taken) => Malformed> = {
  truncated: (taken) => {
    const octets = respond(taken)
    return { octets: octets.subarray(0, octets.length / 2), isCut: true }
  },
  'illegal-length': (taken) => ({ octets: withNumber(respond(taken), LENGTH_AT, 8) }),
  'huge-length': (taken) => ({ octets: withNumber(respond(taken), LENGTH_AT, 0x7fff_ffff) }),
  http: () => ({ octets: Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n') }),
  'unknown-command': (taken) => ({ octets: withNumber(respond(taken), COMMAND_AT, UNKNOWN_RESPONSE) }),
  'wrong-command': ({ sequence }) => ({ octets: encodePdu({ command: 'enquire_link_resp', sequence }) }),
  'wrong-sequence': (taken) => ({
    octets: respond({ ...taken, sequence: taken.sequence + SEQUENCES_APART }),
  }),
  'cut-identifier': (taken) => ({ octets: shortened(respond(taken), 1) }),
  'cut-parameter': (taken) => ({ octets: shortened(withTlv(taken), 1) }),
  'unknown-parameter': (taken) => ({ octets: withTlv(taken) }),
  'no-identifier': (taken) => ({ octets: respond({ ...taken, messageId: '' }) }),
  'no-body': (taken) => ({ octets: shortened(respond({ ...taken, messageId: '' }), 1) }),
  'octet-by-octet': (taken) => ({ octets: respond(taken), isTrickled: true }),
  'bad-request': (taken) => ({ octets: withBadRequest(taken) }),
  'unknown-request': (taken) => ({ octets: withUnknownRequest(taken) }),
}

function withTlv({ sequence, messageId }: Taken): Buffer {
  const tlvs = [{ tag: UNKNOWN_TAG, value: Buffer.from('odd') }]
  return encodePdu({ command: 'submit_sm_resp', sequence, messageId, tlvs })
}

export function malform(kind: SmppMalformedKind, taken: Taken): Malformed {
  return KINDS[kind](taken)
}
