import type { Chain } from './chain.ts'

/** Their chains are followed together, in some 13 MB; for further customers the ledger is read once more. */
export const CUSTOMERS_MAX = 100_000

/** One reading of the ledger for some customers: their balances first, then the rows. */
export interface LedgerReading {
  /** The customers are those above this number, */
  above: number
  /** and up to this one; undefined while it is not known, or when there is no end. */
  upTo: number | undefined
  chains: Map<number, Chain>
  /** The last balance that was read. */
  balancesRead: number
  /** Where the reading of the rows stands; undefined before all balances are read. */
  rowsAfter: string | undefined
  /** The last row there was when the balances were read: later ones they do not cover. */
  rowsUpTo: string | undefined
  areRowsRead: boolean
  /** Customers of ledger rows that had no balance row when those were read. */
  strangers: Set<number>
}

export function openReading(above: number = Number.MIN_SAFE_INTEGER): LedgerReading {
  return {
    ...{ above, upTo: undefined, balancesRead: above },
    ...{ chains: new Map<number, Chain>(), strangers: new Set<number>() },
    ...{ rowsAfter: undefined, rowsUpTo: undefined, areRowsRead: false },
  }
}

// As it is kept: one line of JSON, then 33 bytes a customer: 3.3 MB at most, within the packets of both engines.
const VERSION = 1
const CHAIN_BYTES = 33
const NEWLINE = 0x0a

export function encodeReading({ chains, strangers, ...rest }: LedgerReading): Buffer {
  const head = Buffer.from(`${JSON.stringify({ version: VERSION, ...rest, strangers: [...strangers] })}\n`)
  const body = Buffer.alloc(chains.size * CHAIN_BYTES)
  let at = 0
  for (const [userId, { lastSeq, balance, a, b, isOutgrown }] of chains) {
    body.writeBigInt64BE(BigInt(userId), at)
    body.writeBigInt64BE(BigInt(lastSeq), at + 8)
    body.writeBigInt64BE(BigInt(balance), at + 16)
    body.writeInt32BE(a, at + 24)
    body.writeInt32BE(b, at + 28)
    body.writeUInt8(isOutgrown ? 1 : 0, at + 32)
    at += CHAIN_BYTES
  }
  return Buffer.concat([head, body])
}

/** @returns undefined for what another version of the program wrote: the reading begins anew. */
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
      isOutgrown: bytes.readUInt8(at + 32) === 1,
    })
  }
  const { upTo, balancesRead = reading.above, rowsAfter, rowsUpTo, areRowsRead = false, strangers } = head
  return {
    ...reading,
    ...{ upTo, balancesRead, rowsAfter, rowsUpTo, areRowsRead },
    strangers: new Set(strangers),
  }
}
