import { sql } from 'kysely'
import type { Db } from '../../src/platform/db/index.ts'
import { identifierFromBytes } from '../../src/primitives/identifier.ts'
import type { Sent } from '../clients/record.ts'
import { ROWS_PER_PAGE, eachRow } from './eachRow.ts'
import { markOf } from './marks.ts'

interface OperatorRecord {
  submissions(): AsyncIterable<{ reference: string }>
}

interface Row {
  id: Buffer
  text: string
  is_test: number
  moved: number | string | null
}

/**
 * Whether test messages are stored as such, moved no money and reached the test operator alone, and whether no live
 * message did. @returns one line for each contradiction.
 */
export async function compareModes(
  db: Db,
  sent: readonly Sent[],
  { live, test }: { live: readonly OperatorRecord[]; test: OperatorRecord },
): Promise<string[]> {
  const wrong: string[] = []
  const byMark = new Map(sent.map((each) => [each.mark, each]))
  const ofTestKeys = new Set<string>()
  for await (const row of eachRow(db, 'chaos.modes', modesAfter)) {
    const { isTest = false } = byMark.get(markOf(row.text)) ?? {}
    const identifier = identifierFromBytes(row.id)
    const name = `${markOf(row.text)}, message ${identifier}`
    if (isTest) ofTestKeys.add(identifier)
    if ((row.is_test === 1) !== isTest)
      wrong.push(`${name}: stored as ${row.is_test === 1 ? 'test' : 'live'}`)
    if (isTest && Number(row.moved ?? 0) !== 0) wrong.push(`${name}: a test message moved ${row.moved}`)
  }
  const isOfTestKey = (reference: string) => ofTestKeys.has(reference.split(':')[0] ?? '')
  for (const operator of live)
    for await (const { reference } of operator.submissions())
      if (isOfTestKey(reference)) wrong.push(`test message ${reference}: at a live operator`)
  for await (const { reference } of test.submissions())
    if (!isOfTestKey(reference)) wrong.push(`live message ${reference}: at the test operator`)
  return wrong
}

/** The sum of what was moved either way, so that a charge that was refunded counts too. */
function modesAfter(after: Buffer) {
  return sql<Row>`
    SELECT r.sms_identifier AS id, MIN(r.text) AS text, MIN(r.is_test) AS is_test, SUM(ABS(t.amount)) AS moved
    FROM sms_requests r LEFT JOIN user_transactions t ON t.transaction_id = r.sms_identifier
    WHERE r.sms_identifier > ${after} GROUP BY r.sms_identifier ORDER BY r.sms_identifier
    LIMIT ${sql.lit(ROWS_PER_PAGE)}`
}
