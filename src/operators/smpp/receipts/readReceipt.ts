import { decodePdu, HEADER_OCTETS, readKnownTlvs } from '../codec/index.ts'
import type { KnownTlvs, Pdu } from '../codec/index.ts'
import { MESSAGE_ID_LENGTH_MAX } from '../../http/protocol.ts'
import { DATA_CODING } from '../text/encodeText.ts'
import { readDate } from './readDate.ts'

/** What a receipt says. */
export interface Receipt {
  /** SMPP carries none. */
  reference: null
  operatorMessageId: string
  /** Null when it says nothing final. */
  verdict: 'delivered' | 'undelivered' | null
  /** The operator's error code as it came. */
  code: string | null
  /** What its state says of the cause. */
  cause: 'expired' | 'deleted' | 'rejected' | null
  /** When it was decided, by the operator's clock. */
  doneAt: Date | null
  partNo: null
}

type State = Pick<Receipt, 'verdict' | 'cause'>

const PENDING: State = { verdict: null, cause: null }
const DELIVERED: State = { verdict: 'delivered', cause: null }
const UNDELIVERED: State = { verdict: 'undelivered', cause: null }
const EXPIRED: State = { verdict: 'undelivered', cause: 'expired' }
const DELETED: State = { verdict: 'undelivered', cause: 'deleted' }
const REJECTED: State = { verdict: 'undelivered', cause: 'rejected' }

/** The words of `stat`, as the specification and as some operators write them. Any other says nothing final. */
const STATES_BY_WORD = new Map<string, State>([
  ...['DELIVRD', 'DELIVERED'].map((word) => [word, DELIVERED] as const),
  ...['UNDELIV', 'UNDELIVERABLE', 'UNDELIVERED', 'FAILED'].map((word) => [word, UNDELIVERED] as const),
  ['EXPIRED', EXPIRED],
  ['DELETED', DELETED],
  ...['REJECTD', 'REJECTED'].map((word) => [word, REJECTED] as const),
])

/** message_state: enroute, delivered, expired, deleted, undeliverable, accepted, unknown, rejected, from 1. */
const STATES_BY_NUMBER: readonly (State | undefined)[] = [
  ...[undefined, PENDING, DELIVERED, EXPIRED, DELETED, UNDELIVERED, PENDING, PENDING, REJECTED],
]

/** esm_class: a user data header stands before the text. */
const UDH_INDICATOR = 0x40

/** How the receipts of SMPP are read. Pure; neither throws. */
export const smppReceipts = {
  pack: () => ({ fault: 'SMPP operators send receipts over their links' }),
  read: readReceipt,
}

/**
 * Reads the frame of a deliver_sm or data_sm that is a receipt; optional parameters win over the text. A receipt
 * without a state or without an identifier is not understood.
 */
export function readReceipt(
  raw: Uint8Array,
  { timeZone }: { timeZone: string },
): { receipts: Receipt[] } | { fault: string } {
  const frame = Buffer.from(raw.buffer, raw.byteOffset, raw.length)
  if (frame.length < HEADER_OCTETS) return { fault: 'no PDU' }
  const decoded = decodePdu(frame)
  if (decoded.kind !== 'pdu') return { fault: 'a malformed PDU' }
  const { pdu } = decoded
  const known = readKnownTlvs(pdu.tlvs)
  const words = readWords(textOf(pdu, known))
  const state = known.messageState === undefined ? stateOf(words.stat) : STATES_BY_NUMBER[known.messageState]
  const operatorMessageId = (known.receiptedMessageId || words.id)?.slice(0, MESSAGE_ID_LENGTH_MAX)
  if (!operatorMessageId) return { fault: 'no identifier' }
  if (known.messageState === undefined && words.stat === undefined) return { fault: 'no state' }
  const receipt: Receipt = {
    ...{ reference: null, operatorMessageId, partNo: null },
    ...(state ?? PENDING),
    code: known.networkErrorCode ? String(known.networkErrorCode.errorCode) : (words.err ?? null),
    doneAt: words.doneDate === undefined ? null : readDate(words.doneDate, timeZone),
  }
  return { receipts: [receipt] }
}

function stateOf(word: string | undefined): State | undefined {
  return word === undefined ? undefined : STATES_BY_WORD.get(word.toUpperCase())
}

function textOf(pdu: Pdu, { messagePayload }: KnownTlvs): string {
  if (pdu.command !== 'deliver_sm' && pdu.command !== 'data_sm') return ''
  const short = pdu.command === 'deliver_sm' ? pdu.shortMessage : Buffer.alloc(0)
  const octets = short.length > 0 ? short : (messagePayload ?? short)
  const text = (pdu.esmClass & UDH_INDICATOR) !== 0 ? octets.subarray(1 + (octets[0] ?? 0)) : octets
  if (pdu.dataCoding !== DATA_CODING.ucs2) return text.toString('latin1')
  return Buffer.from(text.subarray(0, text.length - (text.length % 2)))
    .swap16()
    .toString('utf16le')
}

interface Words {
  id: string | undefined
  stat: string | undefined
  err: string | undefined
  doneDate: string | undefined
}

/** Behind it stands the beginning of the message, which may look like anything. */
const TEXT = /\btext:/i

/** Any of `id:X sub:001 dlvrd:001 submit date:… done date:… stat:DELIVRD err:000 text:…` may be missing. */
function readWords(whole: string): Words {
  const text = whole.slice(0, TEXT.exec(whole)?.index)
  const word = (name: RegExp) => name.exec(text)?.[1]
  return {
    id: word(/(?:^|\s)id:\s*(\S+)/i),
    stat: word(/(?:^|\s)stat:\s*(\w+)/i),
    err: word(/(?:^|\s)err:\s*(\w{1,50})/i),
    doneDate: word(/(?:^|\s)done date:\s*(\S+)/i),
  }
}
