/** A frame, and how far it was read. `isLenient`: what is missing at its end reads as empty. */
export interface Cursor {
  readonly frame: Buffer
  readonly isLenient: boolean
  at: number
}

/**
 * One mandatory field of a body. `write` trusts `sizeOf`, which throws a RangeError for what the field cannot hold, and
 * returns where the next field begins.
 */
export interface Field<T> {
  readonly empty: T
  sizeOf(value: T): number
  write(into: Buffer, at: number, value: T): number
  /** @returns undefined when the frame ends within the field. */
  read(from: Cursor): T | undefined
}

const BEYOND_LATIN1 = /[\u0100-\uffff]/

export const uint8: Field<number> = {
  empty: 0,
  sizeOf: (value) => within(1, value, 0xff),
  write: (into, at, value) => into.writeUInt8(value, at),
  read(from) {
    if (from.at < from.frame.length) return from.frame[from.at++]
    return from.isLenient ? 0 : undefined
  },
}

/**
 * A C-Octet String: a character an octet, ended by NUL. The length bound (with the NUL) is the specification's and
 * binds only what is written: peers send longer ones, and the frame bounds those.
 */
export function cString(octetsMax: number): Field<string> {
  return {
    empty: '',
    sizeOf(value) {
      if (value.includes('\0') || BEYOND_LATIN1.test(value))
        throw new RangeError('a C-Octet String has octets other than NUL')
      within(1, value.length + 1, octetsMax)
      return value.length + 1
    },
    write(into, at, value) {
      const end = at + into.write(value, at, 'latin1')
      into[end] = 0
      return end + 1
    },
    read(from) {
      const { frame, at } = from
      const end = frame.indexOf(0, at)
      if (end === -1 && !from.isLenient) return undefined
      from.at = end === -1 ? frame.length : end + 1
      return frame.toString('latin1', at, end === -1 ? frame.length : end)
    },
  }
}

/** An octet that counts, and the octets: sm_length and short_message. Read, it is a view of the frame. */
export function countedOctets(octetsMax: number): Field<Buffer> {
  return {
    empty: Buffer.alloc(0),
    sizeOf: (value) => 1 + within(value.length, value.length, octetsMax),
    write(into, at, value) {
      into[at] = value.length
      return at + 1 + value.copy(into, at + 1)
    },
    read(from) {
      const { frame } = from
      if (from.at >= frame.length) return from.isLenient ? Buffer.alloc(0) : undefined
      const start = from.at + 1
      const end = start + (frame[from.at] ?? 0)
      if (end > frame.length) return undefined
      from.at = end
      return frame.subarray(start, end)
    },
  }
}

function within(size: number, value: number, max: number): number {
  if (value < 0 || value > max || !Number.isInteger(value))
    throw new RangeError(`an SMPP field holds at most ${max}, got ${value}`)
  return size
}
