import type { Chain } from './chain.ts'

/**
 * Customers whose chains are followed in one reading, in some 15 MB. For further customers the ledger is read again.
 */
export const CUSTOMERS_MAX = 100_000

/** One reading of the ledger for some customers: their balances first, then the rows. */
export interface LedgerReading {
  /** The customers are those above this number, */
  above: number
  /** and up to this one; undefined while it is not known, or when there is no end. */
  upTo: number | undefined
  chains: Map<number, Chain>
  /** Where the ledger began when the balances were read: of what lies below, the kept sums are in the chains. */
  beginsAt: string | undefined
  /** The last balance that was read. */
  balancesRead: number
  /** The position in the rows; undefined before all balances are read. */
  rowsAfter: string | undefined
  /** The last row when the balances were read. The balances do not cover later rows. */
  rowsUpTo: string | undefined
  areRowsRead: boolean
  /** Customers of ledger rows that had no balance row when those were read. */
  strangers: Set<number>
}

export function openReading(above: number = Number.MIN_SAFE_INTEGER): LedgerReading {
  return {
    ...{ above, upTo: undefined, balancesRead: above },
    ...{ chains: new Map<number, Chain>(), strangers: new Set<number>() },
    ...{ beginsAt: undefined, rowsAfter: undefined, rowsUpTo: undefined, areRowsRead: false },
  }
}

// The stored form: one line of JSON, then 49 bytes per customer: 4.9 MB at most, within the packets of both engines.
const VERSION = 2
const CHAIN_BYTES = 49
const NEWLINE = 0x0a

export function encodeReading({ chains, strangers, ...rest }: LedgerReading): Buffer {
  const head = Buffer.from(`${JSON.stringify({ version: VERSION, ...rest, strangers: [...strangers] })}\n`)
  const body = Buffer.alloc(chains.size * CHAIN_BYTES)
  let at = 0
  for (const [userId, { lastSeq, balance, a, b, entries, amount, isOutgrown }] of chains) {
    body.writeBigInt64BE(BigInt(userId), at)
    body.writeBigInt64BE(BigInt(lastSeq), at + 8)
    body.writeBigInt64BE(BigInt(balance), at + 16)
    body.writeInt32BE(a, at + 24)
    body.writeInt32BE(b, at + 28)
    body.writeBigInt64BE(BigInt(entries), at + 32)
    body.writeBigInt64BE(BigInt(amount), at + 40)
    body.writeUInt8(isOutgrown ? 1 : 0, at + 48)
    at += CHAIN_BYTES
  }
  return Buffer.concat([head, body])
}

/** @returns undefined for a state of another program version; the reading starts again. */
export function decodeReading(bytes: Buffer): LedgerReading | undefined {
  const end = bytes.indexOf(NEWLINE)
  if (end < 0) return undefined
  const head = JSON.parse(bytes.subarray(0, end).toString()) as Partial<LedgerReading> & {
    version: number
    strangers: number[]
  }
  if (head.version !== VERSION) return undefined
  const reading = openReading(head.above)
  for (let at = end + 1; at < bytes.length; at += CHAIN_BYTES) {
    reading.chains.set(Number(bytes.readBigInt64BE(at)), {
      lastSeq: Number(bytes.readBigInt64BE(at + 8)),
      balance: Number(bytes.readBigInt64BE(at + 16)),
      a: bytes.readInt32BE(at + 24),
      b: bytes.readInt32BE(at + 28),
      entries: Number(bytes.readBigInt64BE(at + 32)),
      amount: Number(bytes.readBigInt64BE(at + 40)),
      isOutgrown: bytes.readUInt8(at + 48) === 1,
    })
  }
  const { upTo, balancesRead = reading.above, beginsAt, rowsAfter, rowsUpTo } = head
  const { areRowsRead = false, strangers } = head
  return {
    ...reading,
    ...{ upTo, balancesRead, beginsAt, rowsAfter, rowsUpTo, areRowsRead },
    strangers: new Set(strangers),
  }
}
