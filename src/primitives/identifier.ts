import { randomFillSync, randomInt } from 'node:crypto'
import { v7, validate } from 'uuid'

/** A UUID in its text form. Ours are version 7: ordered by the time they were made. */
export type Identifier = string

const SEQUENCE_START_MAX = 2 ** 31

const RANDOM_BYTES = 16
/** Drawn ahead, because each draw asks the kernel: 14 µs, twice for a message of one recipient (measured). */
const drawn = new Uint8Array(256 * RANDOM_BYTES)
let drawnFrom = drawn.length

/**
 * @returns a maker of UUIDv7 ordered by the given clock, the database's: rows of all processes then lie in one
 * order. Within a millisecond, and when the clock steps back, a counter keeps this process's order.
 */
export function identifierMaker(nowMs: () => number): () => Identifier {
  let lastMs = 0
  let sequence = 0
  return () => {
    const ms = nowMs()
    if (ms > lastMs) {
      lastMs = ms
      sequence = randomInt(SEQUENCE_START_MAX)
    } else {
      sequence++
    }
    return v7({ msecs: lastMs, seq: sequence, random: draw() })
  }
}

function draw(): Uint8Array {
  if (drawnFrom === drawn.length) {
    randomFillSync(drawn)
    drawnFrom = 0
  }
  return drawn.subarray(drawnFrom, (drawnFrom += RANDOM_BYTES))
}

export function isIdentifier(text: string): boolean {
  return validate(text)
}

/** Takes any 16 bytes in hex, dashes or not: bounds of a list are written like identifiers. @throws TypeError. */
export function identifierToBytes(identifier: Identifier): Buffer {
  const bytes = Buffer.from(identifier.replaceAll('-', ''), 'hex')
  if (bytes.length !== 16) throw new TypeError('an identifier has 16 bytes')
  return bytes
}

/** The largest time of a UUIDv7, in its 48 bits. */
const TIME_MAX_MS = 2 ** 48 - 1

/** @returns what is not above any identifier of this millisecond, and above all of earlier ones: a bound, no identifier. */
export function lowestAt(ms: number): Identifier {
  const time = Math.min(Math.max(0, Math.floor(ms)), TIME_MAX_MS)
  return identifierFromBytes(Buffer.from(time.toString(16).padStart(12, '0').padEnd(32, '0'), 'hex'))
}

/** @returns the time at which a UUIDv7 was made. */
export function madeAtMs(identifier: Identifier): number {
  return Number.parseInt(identifier.slice(0, 8) + identifier.slice(9, 13), 16)
}

/** The same of its bytes. */
export function bytesMadeAtMs(bytes: Buffer): number {
  return bytes.readUIntBE(0, 6)
}

/** @returns the largest value below this one; the lowest has none below it and is returned itself. */
export function valueBefore(identifier: Identifier): Identifier {
  const value = BigInt(`0x${identifier.replaceAll('-', '')}`)
  const before = value === 0n ? value : value - 1n
  return identifierFromBytes(Buffer.from(before.toString(16).padStart(32, '0'), 'hex'))
}

/** Takes any 16 bytes: the audit names rows by what they hold, also when that is no UUID. */
export function identifierFromBytes(bytes: Buffer): Identifier {
  const hex = bytes.toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}
