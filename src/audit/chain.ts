/** The fields of a ledger row that form the chain. */
export interface LedgerRow {
  user_id: number
  seq: number
  amount: number
  balance_after: number
}

/** A balance row, and the sums of the ledger rows that it covers. */
export interface Chain {
  lastSeq: number
  balance: number
  a: number
  b: number
  /** Rows, and the sum of their amounts. */
  entries: number
  amount: number
  /** Whether rows beyond `lastSeq` exist: newer ones, or a violation. */
  isOutgrown: boolean
}

export function openChain(lastSeq: number, balance: number): Chain {
  return { lastSeq, balance, a: 0, b: 0, entries: 0, amount: 0, isOutgrown: false }
}

/**
 * Adds a row, in any order: it leads from one state, a running number and a balance, to the next, and adds the 64-bit
 * hash of the later one and subtracts that of the earlier. In a chain without gaps, all but the first and last states
 * cancel out.
 */
export function addRow(chain: Chain, { seq, amount, balance_after }: LedgerRow): void {
  if (seq > chain.lastSeq) {
    chain.isOutgrown = true
    return
  }
  add(chain, seq, balance_after, 1)
  add(chain, seq - 1, balance_after - amount, -1)
  chain.entries++
  chain.amount += amount
}

/** What is kept of rows that are removed: sums add up, in whatever order the rows lay. */
export type KeptSums = Pick<Chain, 'a' | 'b' | 'entries' | 'amount'>

export function addKept(chain: Chain, { a, b, entries, amount }: KeptSums): void {
  chain.a = (chain.a + a) | 0
  chain.b = (chain.b + b) | 0
  chain.entries += entries
  chain.amount += amount
}

/** What to keep of rows of one customer before they are removed. */
export function sumsOf(rows: readonly LedgerRow[]): KeptSums {
  const chain = openChain(Infinity, 0)
  for (const row of rows) addRow(chain, row)
  const { a, b, entries, amount } = chain
  return { a, b, entries, amount }
}

/**
 * Whether the rows lead without a gap or a fork from the empty state to the balance row. Running numbers only rise, so
 * there is no cycle, and a single path covers every row.
 */
export function isUnbroken({ lastSeq, balance, a, b }: Chain): boolean {
  const wanted = openChain(lastSeq, balance)
  add(wanted, lastSeq, balance, 1)
  add(wanted, 0, 0, -1)
  return wanted.a === a && wanted.b === b
}

/** Whether the rows are as many as the last one's number and come to its balance, by their number and amounts alone. */
export function addsUp({ lastSeq, balance, entries, amount }: Chain): boolean {
  return entries === lastSeq && amount === balance
}

const TWO_TO_32 = 2 ** 32

function add(chain: Chain, seq: number, balance: number, sign: 1 | -1): void {
  const words = [seq | 0, Math.floor(seq / TWO_TO_32) | 0, balance | 0, Math.floor(balance / TWO_TO_32) | 0]
  let a = 0x2545f491
  let b = 0x1b873593
  for (const word of words) {
    a = mix(a ^ word, 0x85ebca6b)
    b = mix(b + word, 0xc2b2ae35)
  }
  chain.a = (chain.a + sign * a) | 0
  chain.b = (chain.b + sign * b) | 0
}

function mix(value: number, factor: number): number {
  const first = Math.imul(value ^ (value >>> 16), factor)
  const second = Math.imul(first ^ (first >>> 13), 0x27d4eb2f)
  return second ^ (second >>> 15)
}
