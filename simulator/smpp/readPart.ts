import { readKnownTlvs } from '../../src/operators/smpp/codec/index.ts'
import type { PduOf } from '../../src/operators/smpp/codec/index.ts'
import { decodeText } from './decodeText.ts'

/** Which part of a long message a submit_sm is. */
export interface Place {
  reference: number
  /** From 1. */
  number: number
  total: number
}

/** What a submit_sm asks to be sent: a message, or one part of it. */
export interface SubmittedPart {
  to: string
  /** Null: the operator's default. */
  from: string | null
  text: string
  /** Null: it is the whole message. */
  place: Place | null
  receiptsWanted: 'none' | 'all' | 'failures'
}

const UDH_INDICATOR = 0x40
const INTERNATIONAL = 1

/** The elements of a user data header that name a part: their identifier, and the octets of their reference. */
const REFERENCE_OCTETS = new Map([
  [0x00, 1],
  [0x08, 2],
])

/** By the two lowest bits of registered_delivery. */
const RECEIPTS_WANTED = ['none', 'all', 'failures', 'none'] as const

const NUMBER = /^[0-9]{5,15}$/

/** @returns what is wrong, in words, with a submit_sm that cannot be read. */
export function readPart(pdu: PduOf<'submit_sm'>): SubmittedPart | string {
  const known = readKnownTlvs(pdu.tlvs)
  const octets = pdu.shortMessage.length > 0 ? pdu.shortMessage : (known.messagePayload ?? pdu.shortMessage)
  const headerOctets = (pdu.esmClass & UDH_INDICATOR) === 0 ? 0 : 1 + (octets[0] ?? 0)
  if (headerOctets > octets.length) return 'the user data header is longer than the message'
  const text = decodeText(octets.subarray(headerOctets), pdu.dataCoding)
  if (text === undefined) return `not a text of data coding ${pdu.dataCoding}`
  if (!NUMBER.test(pdu.destinationAddr)) return 'the destination is no number'
  const place =
    headerOctets > 0
      ? placeInHeader(octets.subarray(1, headerOctets))
      : placeOf(known.sarMsgRefNum, known.sarSegmentSeqnum, known.sarTotalSegments)
  if (place && !isPlace(place)) return 'a part that the message does not have'
  return {
    to: (pdu.destAddrTon === INTERNATIONAL ? '+' : '') + pdu.destinationAddr,
    from: pdu.sourceAddr === '' ? null : (pdu.sourceAddrTon === INTERNATIONAL ? '+' : '') + pdu.sourceAddr,
    text,
    place: place && place.total > 1 ? place : null,
    receiptsWanted: RECEIPTS_WANTED[pdu.registeredDelivery & 3] ?? 'none',
  }
}

/** The first element that names a part counts. */
function placeInHeader(elements: Buffer): Place | null {
  for (let at = 0; at + 2 <= elements.length; at += 2 + (elements[at + 1] ?? 0)) {
    const octets = REFERENCE_OCTETS.get(elements[at] ?? 0xff)
    const start = at + 2
    if (octets === undefined || elements[at + 1] !== octets + 2 || start + octets + 2 > elements.length)
      continue
    const reference = elements.readUIntBE(start, octets)
    return placeOf(reference, elements[start + octets + 1], elements[start + octets])
  }
  return null
}

function placeOf(
  reference: number | undefined,
  number: number | undefined,
  total: number | undefined,
): Place | null {
  if (reference === undefined || number === undefined || total === undefined) return null
  return { reference, number, total }
}

function isPlace({ number, total }: Place): boolean {
  return number >= 1 && number <= total
}
