/** An optional parameter (tag, length, value), raw. */
export interface Tlv {
  tag: number
  value: Buffer
}

export const TLV_HEADER_OCTETS = 4
const VALUE_OCTETS_MAX = 0xffff

/** The optional parameters that are read or written here. */
export const TAGS = {
  receiptedMessageId: 0x001e,
  userMessageReference: 0x0204,
  sarMsgRefNum: 0x020c,
  sarTotalSegments: 0x020e,
  sarSegmentSeqnum: 0x020f,
  scInterfaceVersion: 0x0210,
  networkErrorCode: 0x0423,
  messagePayload: 0x0424,
  messageState: 0x0427,
} as const

export interface NetworkErrorCode {
  networkType: number
  errorCode: number
}

/** The known ones with their meaning. */
export interface KnownTlvs {
  receiptedMessageId?: string
  userMessageReference?: number
  sarMsgRefNum?: number
  sarTotalSegments?: number
  sarSegmentSeqnum?: number
  scInterfaceVersion?: number
  networkErrorCode?: NetworkErrorCode
  messagePayload?: Buffer
  messageState?: number
}

interface Kind<T> {
  /** @returns undefined when the value has another length than its kind. */
  read(value: Buffer): T | undefined
  write(value: T): Buffer
}

const uint8: Kind<number> = {
  read: (value) => (value.length === 1 ? value[0] : undefined),
  write: (value) => Buffer.of(value),
}
const uint16: Kind<number> = {
  read: (value) => (value.length === 2 ? value.readUInt16BE() : undefined),
  write: (value) => Buffer.of(value >> 8, value & 0xff),
}
const octets: Kind<Buffer> = { read: (value) => value, write: (value) => value }

/** Ends in NUL; a peer that leaves it out is understood all the same. */
const cString: Kind<string> = {
  read(value) {
    const end = value.indexOf(0)
    return value.toString('latin1', 0, end === -1 ? value.length : end)
  },
  write: (value) => Buffer.from(`${value}\0`, 'latin1'),
}
const networkErrorCode: Kind<NetworkErrorCode> = {
  read: (value) =>
    value.length === 3 ? { networkType: value.readUInt8(), errorCode: value.readUInt16BE(1) } : undefined,
  write: ({ networkType, errorCode }) => Buffer.of(networkType, errorCode >> 8, errorCode & 0xff),
}

const KINDS: { [K in keyof KnownTlvs]-?: Kind<NonNullable<KnownTlvs[K]>> } = {
  receiptedMessageId: cString,
  userMessageReference: uint16,
  sarMsgRefNum: uint16,
  sarTotalSegments: uint8,
  sarSegmentSeqnum: uint8,
  scInterfaceVersion: uint8,
  networkErrorCode,
  messagePayload: octets,
  messageState: uint8,
}

const NAMES = new Map<number, keyof KnownTlvs>(
  Object.entries(TAGS).map(([name, tag]) => [tag, name as keyof KnownTlvs]),
)

/** Unknown ones, and known ones whose length is wrong, are skipped. The first of several with one tag counts. */
export function readKnownTlvs(tlvs: readonly Tlv[]): KnownTlvs {
  const known: Record<string, unknown> = {}
  for (const { tag, value } of tlvs) {
    const name = NAMES.get(tag)
    if (name === undefined || name in known) continue
    const read = KINDS[name].read(value)
    if (read !== undefined) known[name] = read
  }
  return known
}

export function knownTlvs(known: KnownTlvs): Tlv[] {
  return Object.entries(known).flatMap(([name, value]) => {
    if (value === undefined) return []
    const kind = KINDS[name as keyof KnownTlvs] as Kind<unknown>
    return { tag: TAGS[name as keyof KnownTlvs], value: kind.write(value) }
  })
}

/** @returns the parameters from `at` to the frame's end, and whether that end cuts one off. Values are views. */
export function readTlvs(frame: Buffer, at: number): { tlvs: Tlv[]; isCut: boolean } {
  const tlvs: Tlv[] = []
  // Less than a header is what some peers put behind a message; it says nothing.
  while (at + TLV_HEADER_OCTETS <= frame.length) {
    const start = at + TLV_HEADER_OCTETS
    const end = start + frame.readUInt16BE(at + 2)
    if (end > frame.length) return { tlvs, isCut: true }
    tlvs.push({ tag: frame.readUInt16BE(at), value: frame.subarray(start, end) })
    at = end
  }
  return { tlvs, isCut: false }
}

export function sizeOfTlvs(tlvs: readonly Tlv[]): number {
  let size = 0
  for (const { value } of tlvs) {
    if (value.length > VALUE_OCTETS_MAX)
      throw new RangeError(`a TLV holds at most ${VALUE_OCTETS_MAX} octets`)
    size += TLV_HEADER_OCTETS + value.length
  }
  return size
}

export function writeTlvs(into: Buffer, at: number, tlvs: readonly Tlv[]): void {
  for (const { tag, value } of tlvs) {
    into.writeUInt16BE(tag, at)
    into.writeUInt16BE(value.length, at + 2)
    value.copy(into, at + TLV_HEADER_OCTETS)
    at += TLV_HEADER_OCTETS + value.length
  }
}
