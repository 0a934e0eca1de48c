import { sql } from 'kysely'
import { decodeRanges } from '../../src/outbox/index.ts'
import { read } from '../../src/platform/db/index.ts'
import type { Db, Reader } from '../../src/platform/db/index.ts'
import { identifierFromBytes } from '../../src/primitives/identifier.ts'

interface Row {
  id: Buffer
  no: number
  status: string
  is_quarantined: number
  has_quarantine_row: number
  needs_refund: number
  has_refund: number
  has_lease: number
}

/**
 * What is wrong in the tables, asked in another way than the audit asks: every unfinished recipient is named by an outbox
 * row or quarantined (invariant 4), every failed or cancelled one that had a price is refunded once and no other is (3),
 * and each balance is the sum of its ledger (6). The keys of the tables exclude a second refund. A delivery may settle meanwhile, hence one read view.
 */
export function violationsIn(db: Db): Promise<string[]> {
  return read(db, 'test.violations', async (reader) => {
    await sql`SET TRANSACTION ISOLATION LEVEL REPEATABLE READ`.execute(reader)
    await sql`START TRANSACTION READ ONLY`.execute(reader)
    try {
      return await findViolations(reader)
    } finally {
      await sql`COMMIT`.execute(reader)
    }
  })
}

async function findViolations(reader: Reader): Promise<string[]> {
  const { rows } = await sql<Row>`SELECT s.sms_identifier AS id, s.recipient_no AS no, s.status,
      s.status = 'sending' AND s.owner IS NULL AS is_quarantined, q.recipient_no IS NOT NULL AS has_quarantine_row,
      (s.status IN ('failed', 'cancelled') AND s.price > 0) OR s.returned > 0 AS needs_refund,
      t.amount = s.price AND t.user_id = s.user_id IS TRUE AS has_refund,
      s.owner IS NOT NULL AND s.lease_until IS NOT NULL AS has_lease
    FROM sms_status s
      LEFT JOIN sms_quarantine q ON q.sms_identifier = s.sms_identifier AND q.recipient_no = s.recipient_no
      LEFT JOIN user_transactions t ON t.transaction_id = s.sms_identifier AND t.recipient_no = s.recipient_no
        AND t.transaction_type NOT IN ('topup', 'charge')`.execute(reader)
  const named = await namedRecipients(reader)
  const unbalanced = await sql<{ user_id: number }>`SELECT b.user_id FROM user_balances b WHERE b.balance <>
    (SELECT COALESCE(SUM(t.amount), 0) FROM user_transactions t WHERE t.user_id = b.user_id)`.execute(reader)
  return [
    ...rows.flatMap((row) => {
      const reference = `${identifierFromBytes(row.id)}:${row.no}`
      return faultsOf(row, named.has(reference)).map((fault) => `${reference} ${fault}`)
    }),
    ...unbalanced.rows.map(({ user_id }) => `the balance of ${user_id} is not the sum of its ledger`),
  ]
}

function faultsOf(row: Row, isNamed: boolean): string[] {
  const isOpen = row.status === 'pending' || row.status === 'sending'
  const rules: [isViolated: boolean, fault: string][] = [
    [isOpen && row.is_quarantined === 0 && !isNamed, `is ${row.status} and named by no outbox row`],
    [row.is_quarantined !== row.has_quarantine_row, 'is quarantined in one table only'],
    [row.needs_refund !== row.has_refund, `is ${row.status}, refunded: ${row.has_refund}`],
    [
      row.status === 'sending' && row.is_quarantined === 0 && row.has_lease === 0,
      'is sending without a lease',
    ],
  ]
  return rules.flatMap(([isViolated, fault]) => (isViolated ? [fault] : []))
}

async function namedRecipients(reader: Reader): Promise<Set<string>> {
  const { rows } = await sql<{ payload: string }>`SELECT payload FROM outbox_events`.execute(reader)
  const ranges = rows.flatMap(({ payload }) => decodeRanges(payload) ?? [])
  return new Set(
    ranges.flatMap(({ smsIdentifier, first, last }) =>
      Array.from({ length: last - first + 1 }, (_, index) => `${smsIdentifier}:${first + index}`),
    ),
  )
}
