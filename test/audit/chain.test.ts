import assert from 'node:assert/strict'
import fc from 'fast-check'
import { addRow, isUnbroken, openChain } from '../../src/audit/chain.ts'
import type { LedgerRow } from '../../src/audit/chain.ts'

/** The rows of a customer as the ledger writes them. */
function write(amounts: number[]): LedgerRow[] {
  let balance = 0
  return amounts.map((amount, index) => ({
    ...{ user_id: 1, seq: index + 1, amount },
    balance_after: (balance += amount),
  }))
}

function holds(rows: LedgerRow[], lastSeq: number, balance: number): boolean {
  const chain = openChain(lastSeq, balance)
  for (const row of rows) addRow(chain, row)
  return isUnbroken(chain)
}

const amounts = fc.array(fc.integer({ min: -1e14, max: 1e14 }), { minLength: 1, maxLength: 30 })
const rowsOf = (values: number[]) => {
  const rows = write(values)
  const last = rows.at(-1) as LedgerRow
  return { rows, last }
}

describe('the sums by which a chain is proved', () => {
  it('hold for an unbroken chain, in whatever order its rows come', () => {
    fc.assert(
      fc.property(amounts, fc.infiniteStream(fc.nat()), (values, order) => {
        const { rows, last } = rowsOf(values)
        const shuffled = rows
          .map((row) => ({ row, at: order.next().value }))
          .sort((one, other) => one.at - other.at)
        assert.ok(
          holds(
            shuffled.map(({ row }) => row),
            last.seq,
            last.balance_after,
          ),
        )
      }),
    )
  })

  it('hold for a customer without rows, only with nothing in the balance', () => {
    assert.ok(holds([], 0, 0))
    assert.ok(!holds([], 0, 1))
    assert.ok(!holds([], 1, 0))
  })

  const faults: [string, (rows: LedgerRow[], at: number) => LedgerRow[]][] = [
    ['a row that is missing', (rows, at) => rows.toSpliced(at, 1)],
    ['a row that is doubled', (rows, at) => [...rows, rows[at] as LedgerRow]],
    ['an amount that is wrong', (rows, at) => changed(rows, at, 'amount')],
    ['a running balance that is wrong', (rows, at) => changed(rows, at, 'balance_after')],
    ['a running number that is wrong', (rows, at) => changed(rows, at, 'seq')],
  ]
  for (const [what, spoil] of faults) {
    it(`do not hold with ${what}`, () => {
      fc.assert(
        fc.property(amounts, fc.nat(), (values, position) => {
          const { rows, last } = rowsOf(values)
          assert.ok(!holds(spoil(rows, position % rows.length), last.seq, last.balance_after))
        }),
      )
    })
  }

  it('leave out rows beyond the last one that counts, and say that there are some', () => {
    const { rows } = rowsOf([5, 6, 7])
    const chain = openChain(2, 11)
    for (const row of rows) addRow(chain, row)
    assert.ok(isUnbroken(chain))
    assert.ok(chain.isOutgrown)
  })
})

function changed(rows: LedgerRow[], at: number, field: 'amount' | 'balance_after' | 'seq'): LedgerRow[] {
  const row = rows[at] as LedgerRow
  return rows.with(at, { ...row, [field]: row[field] + 1 })
}
