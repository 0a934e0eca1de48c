import { sql } from 'kysely'
import type { RawBuilder } from 'kysely'
import { readHistoryBegins } from '../history/index.ts'
import { dateTime, read } from '../platform/db/index.ts'
import type { Db } from '../platform/db/index.ts'
import { identifierToBytes } from '../primitives/identifier.ts'
import { firstIdentifierAt } from './checkReferenced.ts'
import { query, readBriefly } from './page.ts'
import type { Page, Scan } from './page.ts'
import { compareCustomers, compareMessages, compareMoney, compareSpans } from './reportStatements.ts'
import type { Difference, MoneyDifference, Range, Rollup } from './reportStatements.ts'
import type { Violation } from './violation.ts'

const MINUTE_MS = 60_000
const QUARTER_MS = 15 * MINUTE_MS
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS
/** Below the times that minutes and quarters are kept: repeated here deliberately, as all rules of the rollups are. */
const MINUTES_JUDGED_MS = 7 * DAY_MS
const QUARTERS_JUDGED_MS = 89 * DAY_MS
/** A minute is read by one statement, however many messages it has. */
const READ_MS_MAX = 20_000
const TIME_BYTES = 6

/**
 * Recounts whole minutes from messages and ledger, in SQL alone, and compares the rollup: each message as what it is, or
 * as what it was before changes that wait. What the fold or a settlement writes together, one statement reads together.
 */
export const minuteScan: Scan = { name: 'reports', table: 'report_minutes', readPage: readMinutes }

async function readMinutes(db: Db, { after }: { after: string }, rowsMax: number): Promise<Page> {
  const page = await nextMinutes(db, after, rowsMax)
  if (!page) return { rows: 0, violations: [], end: undefined }
  const messages = await compare(db, 'audit.report_messages', compareMessages(page))
  const money = await compare(db, 'audit.report_money', compareMoney(page))
  const customers = await compare(db, 'audit.report_customers', compareCustomers('report_minutes', page))
  const violations = [
    ...messages.map((row) => explain(row, 'minute', 'than its messages')),
    ...money.map((row) => explainMoney(row, page)),
    ...customers.map((row) => explain(row, 'minute', 'than its customers')),
  ]
  return { rows: page.rows, violations, end: page.isLast ? undefined : String(page.untilMs) }
}

/** The next minutes with about `rowsMax` messages, one minute at least; none that is not counted as a whole. */
async function nextMinutes(
  db: Db,
  after: string,
  rowsMax: number,
): Promise<(Range & { rows: number; isLast: boolean }) | undefined> {
  const [known] = await query(
    db,
    'audit.report_position',
    sql<{ folded_until: Buffer; now_ms: string }>`
      SELECT folded_until, UNIX_TIMESTAMP(NOW(3)) * 1000 AS now_ms FROM report_positions WHERE id = 1`,
  )
  if (!known) return undefined
  const endMs = startOf(timeOf(known.folded_until) + 1, MINUTE_MS)
  const keptMs = startOf(Number(known.now_ms) - MINUTES_JUDGED_MS, MINUTE_MS)
  const fromMs = Math.max(after === '' ? keptMs : Number(after), await messagesBeginMs(db))
  if (fromMs >= endMs) return undefined
  const [found] = await query(
    db,
    'audit.report_page',
    sql<{ id: Buffer }>`SELECT sms_identifier AS id FROM sms_status FORCE INDEX (PRIMARY)
      WHERE sms_identifier >= ${firstIdentifierAt(fromMs)} AND sms_identifier < ${firstIdentifierAt(endMs)}
      ORDER BY sms_identifier LIMIT 1 OFFSET ${sql.lit(rowsMax)}`,
  )
  if (!found) return { fromMs, untilMs: endMs, rows: 0, isLast: true }
  const untilMs = Math.max(startOf(timeOf(found.id), MINUTE_MS), fromMs + MINUTE_MS)
  return { fromMs, untilMs, rows: rowsMax, isLast: untilMs >= endMs }
}

/** Removed messages cannot be recounted. A week begins with a minute. */
async function messagesBeginMs(db: Db): Promise<number> {
  const { messages } = await readBriefly(db, 'audit.report_begins', readHistoryBegins)
  return messages === null ? 0 : timeOf(identifierToBytes(messages))
}

/** Compares quarters of an hour with their minutes, and days with their quarters, some at a time. */
export const quarterScan = openSpanScan({
  ...{ name: 'report quarters', rollup: 'report_quarters', finer: 'report_minutes' },
  ...{ lengthMs: QUARTER_MS, pageMs: HOUR_MS, judgedMs: MINUTES_JUDGED_MS },
})
export const dayScan = openSpanScan({
  ...{ name: 'report days', rollup: 'report_days', finer: 'report_quarters' },
  ...{ lengthMs: DAY_MS, pageMs: DAY_MS, judgedMs: QUARTERS_JUDGED_MS },
})

interface Spans {
  name: string
  rollup: 'report_quarters' | 'report_days'
  finer: Rollup
  lengthMs: number
  pageMs: number
  judgedMs: number
}

function openSpanScan(spans: Spans): Scan {
  const { name, rollup, pageMs } = spans
  const word = rollup === 'report_days' ? 'day' : 'quarter of an hour'
  const finerWord = rollup === 'report_days' ? 'quarters of an hour' : 'minutes'
  return {
    ...{ name, table: rollup },
    async readPage(db, { after }) {
      const next = await nextSpan(db, spans, after)
      if (!next) return { rows: 0, violations: [], end: undefined }
      const fromMs = startOf(next.getTime(), pageMs)
      const range = { fromMs, untilMs: fromMs + pageMs }
      const finer = await compare(db, `audit.${rollup}`, compareSpans(spans, range))
      const customers = await compare(db, `audit.${rollup}_customers`, compareCustomers(rollup, range))
      const violations = [
        ...finer.map((row) => explain(row, word, `than its ${finerWord}`)),
        ...customers.map((row) => explain(row, word, 'than its customers')),
      ]
      return { rows: pageMs / spans.lengthMs, violations, end: String(range.untilMs) }
    },
  }
}

/** Empty times are passed over. */
async function nextSpan(
  db: Db,
  { rollup, finer, lengthMs, judgedMs }: Spans,
  after: string,
): Promise<Date | undefined> {
  const first = (table: Rollup) =>
    after === ''
      ? sql`(SELECT MIN(started_at) FROM ${sql.table(table)} WHERE started_at >=
          FROM_UNIXTIME(CEIL((UNIX_TIMESTAMP() - ${sql.lit(judgedMs / 1_000)}) / ${sql.lit(lengthMs / 1_000)})
            * ${sql.lit(lengthMs / 1_000)}))`
      : sql`(SELECT MIN(started_at) FROM ${sql.table(table)} WHERE started_at >= ${dateTime(Number(after))})`
  const [found] = await query(
    db,
    'audit.report_next',
    sql<{ a: Date | null; b: Date | null }>`SELECT ${first(rollup)} AS a, ${first(finer)} AS b`,
  )
  const times = [found?.a, found?.b].flatMap((date) => date ?? [])
  return times.sort((one, other) => one.getTime() - other.getTime())[0]
}

function compare<T>(db: Db, operation: string, statement: RawBuilder<T>): Promise<T[]> {
  return read(db, operation, async (reader) => (await statement.execute(reader)).rows, READ_MS_MAX)
}

function explain(row: Difference, word: string, than: string): Violation {
  const whose = row.user_id === 0 ? 'all customers' : `customer ${row.user_id}`
  const what = [row.type, row.operator, row.country, row.result].filter(Boolean).join(', ')
  const difference = Number(row.messages)
  const says = difference === 0 ? 'has other sums' : `counts ${difference} messages more`
  return {
    ...{ rule: 'report', subject: `${word} ${row.started_at.toISOString()} of ${whose}` },
    explanation: `${says} ${than} (${what})`,
  }
}

function explainMoney(
  { user_id, charged, refunded }: MoneyDifference,
  { fromMs, untilMs }: Range,
): Violation {
  const [from, until] = [fromMs, untilMs].map((ms) => new Date(ms).toISOString())
  return {
    ...{ rule: 'report', subject: `minutes ${from} to ${until} of customer ${user_id}` },
    explanation: `have ${charged} more charged and ${refunded} more refunded than the ledger`,
  }
}

function startOf(ms: number, lengthMs: number): number {
  return Math.floor(ms / lengthMs) * lengthMs
}

function timeOf(identifier: Buffer): number {
  return identifier.readUIntBE(0, TIME_BYTES)
}
