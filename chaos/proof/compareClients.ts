import { sql } from 'kysely'
import { read } from '../../src/platform/db/index.ts'
import type { Db } from '../../src/platform/db/index.ts'
import { identifierFromBytes } from '../../src/primitives/identifier.ts'
import type { ClientRecord, Sent, ToppedUp } from '../clients/record.ts'
import { costOf, weightedCostOf } from '../prices.ts'
import { ROWS_PER_PAGE, eachRow } from './eachRow.ts'
import { markOf } from './marks.ts'

/** The tables compared with the answers that clients got; one line for each contradiction, by what it means. */
export interface Contradictions {
  /** Answered as accepted, and not there. */
  lost: string[]
  /** There more than once, or for another price, though it was asked for once. */
  doubleCharges: string[]
  /** Answered with a refusal, and there. */
  chargedThoughRefused: string[]
  /** There, and not requested. */
  unrequested: string[]
}

interface Row {
  id: Buffer
  user_id: number
  type: string
  recipients: number
  text: string
  charged: number | null
  /** Each recipient's price times its number. */
  weighted: number | string
}

interface LedgerRow {
  id: Buffer
  user_id: number
  amount: number
  description: string
}

/** Called when the system is at rest: nothing that clients began is still under way. */
export async function compareClients(db: Db, record: ClientRecord): Promise<Contradictions> {
  const found: Contradictions = { lost: [], doubleCharges: [], chargedThoughRefused: [], unrequested: [] }
  const sent = new Map(record.sent.map((each) => [each.mark, each]))
  const seen = new Map<string, number>()
  for await (const row of eachRow(db, 'chaos.requests', requestsAfter)) {
    const mark = markOf(row.text)
    const asked = sent.get(mark)
    seen.set(mark, (seen.get(mark) ?? 0) + 1)
    if (!asked) found.unrequested.push(`request ${identifierFromBytes(row.id)}: "${row.text}"`)
    else compareOne(asked, row, seen.get(mark) ?? 0, found)
  }
  for (const { mark, answered, smsIdentifier } of record.sent) {
    if (answered === 'accepted' && !seen.has(mark)) found.lost.push(`${mark}, answered as ${smsIdentifier}`)
  }
  compareTopUps(record.toppedUp, await topUps(db), found)
  return found
}

function compareOne(asked: Sent, row: Row, times: number, found: Contradictions): void {
  const name = `${asked.mark}, request ${identifierFromBytes(row.id)}`
  const owed = costOf(asked)
  if (asked.answered === 'refused') found.chargedThoughRefused.push(`${name}: answered with a refusal`)
  if (times > 1) found.doubleCharges.push(`${name}: there ${times} times`)
  if (row.charged !== 0 - owed || (asked.cost !== undefined && asked.cost !== owed))
    found.doubleCharges.push(`${name}: ${row.charged} moved, answered ${asked.cost}, owed ${owed}`)
  else if (Number(row.weighted) !== weightedCostOf(asked))
    found.doubleCharges.push(`${name}: not each recipient has its price`)
  const isSame =
    row.user_id === asked.customer && row.recipients === asked.recipients && row.type === asked.type
  if (!isSame) found.unrequested.push(`${name}: not what was asked for`)
  if (asked.smsIdentifier !== undefined && asked.smsIdentifier !== identifierFromBytes(row.id))
    found.lost.push(`${name}: answered as ${asked.smsIdentifier}`)
}

function compareTopUps(toppedUp: ToppedUp[], rows: LedgerRow[], found: Contradictions): void {
  const byMark = Map.groupBy(rows, ({ description }) => markOf(description))
  for (const { mark, customer, amount, answered, transactionId } of toppedUp) {
    const there = byMark.get(mark) ?? []
    const name = `top-up ${mark} of customer ${customer}`
    if (answered === 'accepted' && there.length === 0) found.lost.push(name)
    if (answered === 'refused' && there.length > 0) found.chargedThoughRefused.push(name)
    if (there.length > 1) found.doubleCharges.push(`${name}: there ${there.length} times`)
    const isSame = there.every((row) => row.amount === amount && row.user_id === customer)
    if (!isSame) found.doubleCharges.push(`${name}: another amount or customer`)
    if (transactionId !== undefined && !there.some(({ id }) => identifierFromBytes(id) === transactionId))
      found.lost.push(`${name}: answered as ${transactionId}`)
    byMark.delete(mark)
  }
  for (const mark of byMark.keys()) if (mark !== '') found.unrequested.push(`top-up ${mark}`)
}

function requestsAfter(after: Buffer) {
  return sql<Row>`
    SELECT r.sms_identifier AS id, r.user_id, r.type, r.recipients, r.text, t.amount AS charged,
      (SELECT SUM(s.price * s.recipient_no) FROM sms_status s WHERE s.sms_identifier = r.sms_identifier) AS weighted
    FROM sms_requests r LEFT JOIN user_transactions t ON t.transaction_id = r.sms_identifier AND t.recipient_no = 0
      AND t.transaction_type = 'charge'
    WHERE r.sms_identifier > ${after} ORDER BY r.sms_identifier LIMIT ${sql.lit(ROWS_PER_PAGE)}`
}

async function topUps(db: Db): Promise<LedgerRow[]> {
  const { rows } = await read(db, 'chaos.top_ups', (reader) =>
    sql<LedgerRow>`SELECT transaction_id AS id, user_id, amount, description FROM user_transactions
      WHERE transaction_type = 'topup'`.execute(reader),
  )
  return rows
}
