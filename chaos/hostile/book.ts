import type { TransactionType } from '../../db/schema.ts'
import type { Answer } from './answers.ts'
import type { Effect } from './effect.ts'

/** One row of the ledger, with the text or description of its request. */
export interface LedgerRow {
  /** The request's identifier, as in its answer. */
  id: string
  customerId: number
  type: TransactionType
  amount: number
  words: string
}

/** The expected money movements, from the answers or their absence. */
export interface Book {
  /** Answered with 200 under this identifier. @returns what is wrong with the answer, if anything. */
  confirm(effect: Effect, answer: Answer): string | undefined
  /** Its answer was lost: it must be stored completely or not at all. */
  lose(effect: Effect): void
  /** @returns the differences between the tables and the answers. */
  compare(rows: LedgerRow[], balances: Map<number, number>): Comparison
}

export interface Comparison {
  faults: string[]
  confirmed: number
  /** Requests whose answer was lost, and their results. */
  lostAndThere: number
  lostAndNotThere: number
  refunds: number
}

const FAULTS_LISTED_MAX = 20

export function openBook(): Book {
  const confirmed = new Map<string, Effect>()
  const lost: Effect[] = []
  return {
    confirm(effect, answer) {
      const { id, fault } = readReceipt(effect, answer)
      if (id !== undefined && confirmed.has(id)) return `the identifier ${id} was given out twice`
      if (id !== undefined) confirmed.set(id, effect)
      return fault
    },
    lose: (effect) => void lost.push(effect),
    compare: (rows, balances) => compare(rows, balances, confirmed, lost),
  }
}

/** @returns the identifier in the answer, and how the answer differs from the expected one. */
function readReceipt(
  { kind, customerId, amount }: Effect,
  { body }: Answer,
): { id?: string; fault?: string } {
  const receipt = JSON.parse(body) as Record<string, unknown>
  const id = kind === 'charge' ? receipt['sms_identifier'] : receipt['transaction_id']
  if (typeof id !== 'string') return { fault: 'the answer names no identifier' }
  if (kind === 'charge' && receipt['cost'] !== -amount)
    return { id, fault: `costs ${String(receipt['cost'])}, not ${-amount}` }
  if (kind === 'topup' && receipt['user_id'] !== customerId) return { id, fault: 'tops up another customer' }
  return { id }
}

function compare(
  rows: LedgerRow[],
  balances: Map<number, number>,
  confirmed: ReadonlyMap<string, Effect>,
  lost: readonly Effect[],
): Comparison {
  const faults: string[] = []
  const perhaps = countByName(lost)
  const due = new Map(confirmed)
  const model = new Map<number, number>()
  const result = { confirmed: confirmed.size, lostAndThere: 0, refunds: 0 }
  for (const row of rows) {
    model.set(row.customerId, (model.get(row.customerId) ?? 0) + row.amount)
    // Of a test message: no money moved.
    if (row.type === 'charge' && row.amount === 0) continue
    if (row.type !== 'topup' && row.type !== 'charge') {
      result.refunds++
      continue
    }
    const effect = due.get(row.id)
    if (effect) {
      due.delete(row.id)
      if (nameOf(effect) !== nameOf(toEffect(row)))
        faults.push(`${row.id} is in the ledger as ${describe(row)}, and was ${nameOf(effect)}`)
    } else if (takeOne(perhaps, nameOf(toEffect(row)))) result.lostAndThere++
    else
      faults.push(
        `${row.id}: ${describe(row)} by no request that was answered with 200, or whose answer was lost`,
      )
  }
  for (const [id, effect] of due)
    faults.push(`${id}: answered with 200 and not in the ledger: ${nameOf(effect)}`)
  for (const [customerId, balance] of balances) {
    const expected = model.get(customerId) ?? 0
    if (balance !== expected)
      faults.push(`customer ${customerId} has ${balance}, and the ledger makes it ${expected}`)
  }
  return {
    ...result,
    lostAndNotThere: lost.length - result.lostAndThere,
    faults: faults.slice(0, FAULTS_LISTED_MAX),
  }
}

function toEffect({ type, customerId, amount, words }: LedgerRow): Effect {
  return { kind: type === 'charge' ? 'charge' : 'topup', customerId, amount, words }
}

function nameOf({ kind, customerId, amount, words }: Effect): string {
  return `${kind} of ${amount} for customer ${customerId} with ${JSON.stringify(words)}`
}

function describe(row: LedgerRow): string {
  return `${nameOf(toEffect(row)).slice(0, 200)}`
}

function countByName(effects: readonly Effect[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const effect of effects) counts.set(nameOf(effect), (counts.get(nameOf(effect)) ?? 0) + 1)
  return counts
}

function takeOne(counts: Map<string, number>, name: string): boolean {
  const count = counts.get(name) ?? 0
  if (count === 0) return false
  counts.set(name, count - 1)
  return true
}
