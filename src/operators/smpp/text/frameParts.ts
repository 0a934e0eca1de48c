import { knownTlvs } from '../codec/index.ts'
import type { Tlv } from '../codec/index.ts'
import { encodeText, encodeWhole } from './encodeText.ts'
import type { DefaultAlphabet } from './encodeText.ts'

/**
 * How the parts of a long message say that they are one: by a user data header with a reference of 8 or 16 bits, by the
 * SAR parameters, or not at all, because the operator gets the whole text as a message_payload and cuts it.
 */
export const LONG_MESSAGES = ['udh', 'udh_16', 'sar', 'message_payload'] as const
export type LongMessages = (typeof LONG_MESSAGES)[number]

export interface TextForm {
  alphabet: DefaultAlphabet
  longMessages: LongMessages
}

/** What a submit_sm says of a text, or of one part of it. */
export interface ShortMessage {
  esmClass: number
  dataCoding: number
  shortMessage: Buffer
  tlvs: Tlv[]
}

/** A text as the operator gets it, but for the reference of its parts. */
export interface FramedText {
  /** Several need a reference. */
  parts: number
  frame(reference: number): ShortMessage[]
}

/** esm_class: the short message begins with a user data header. */
const UDH_INDICATOR = 0x40

/** What the network puts before each part, whichever side writes it. */
const HEADER_OCTETS: Readonly<Record<LongMessages, number>> = {
  udh: 6,
  udh_16: 7,
  sar: 7,
  message_payload: 6,
}

export function frameText(text: string, { alphabet, longMessages }: TextForm): FramedText {
  const { dataCoding, parts } = encodeText(text, { alphabet, headerOctets: HEADER_OCTETS[longMessages] })
  const plain = { esmClass: 0, dataCoding, tlvs: [] }
  const [only] = parts
  if (parts.length === 1 && only) return { parts: 1, frame: () => [{ ...plain, shortMessage: only }] }
  if (longMessages === 'message_payload') {
    const tlvs = knownTlvs({ messagePayload: encodeWhole(text, alphabet) })
    return { parts: 1, frame: () => [{ ...plain, shortMessage: Buffer.alloc(0), tlvs }] }
  }
  return {
    parts: parts.length,
    frame: (reference) =>
      parts.map((part, index) => {
        const place = { reference, total: parts.length, number: index + 1 }
        return longMessages === 'sar'
          ? { ...plain, shortMessage: part, tlvs: sarTlvs(place) }
          : { ...plain, esmClass: UDH_INDICATOR, shortMessage: withHeader(part, place, longMessages) }
      }),
  }
}

interface Place {
  reference: number
  total: number
  /** From 1. */
  number: number
}

/** Length of the header, identifier and length of its one element, reference, number of parts, and which one it is. */
function withHeader(part: Buffer, { reference, total, number }: Place, form: 'udh' | 'udh_16'): Buffer {
  const low = reference & 0xff
  const header =
    form === 'udh'
      ? [0x05, 0x00, 0x03, low, total, number]
      : [0x06, 0x08, 0x04, (reference >> 8) & 0xff, low, total, number]
  return Buffer.concat([Buffer.from(header), part])
}

function sarTlvs({ reference, total, number }: Place): Tlv[] {
  return knownTlvs({ sarMsgRefNum: reference, sarTotalSegments: total, sarSegmentSeqnum: number })
}
