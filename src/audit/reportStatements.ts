import { sql } from 'kysely'
import type { RawBuilder } from 'kysely'
import { dateTime } from '../platform/db/index.ts'
import { firstIdentifierAt } from './checkReferenced.ts'

/** A rollup, and the words that name one of its rows besides its customer and time. */
export type Rollup = 'report_minutes' | 'report_quarters' | 'report_days'

/** A time in milliseconds; its end is not included. */
export interface Range {
  fromMs: number
  untilMs: number
}

/** The sums of a group: what the rollup says more than it should. */
export interface Difference {
  started_at: Date
  user_id: number
  type: string
  operator: string
  country: string
  result: string
  messages: number | string
}

const REPORTED_MAX = 100
const SUMS = [
  ...['messages', 'parts', 'charged', 'refunded', 'cost', 'costed'],
  ...['handovers', 'handover_ms', 'deliveries', 'delivery_ms'],
]

const sums = (sign: RawBuilder<unknown>) =>
  sql.join(SUMS.map((name) => sql`SUM(${sign} * ${sql.ref(name)}) AS ${sql.ref(name)}`))
const ONE = sql.lit(1)
const areWrong = sql.join(
  SUMS.map((name) => sql`SUM(${sql.ref(name)}) <> 0`),
  sql` OR `,
)

const ofTime = (column: string, { fromMs, untilMs }: Range) =>
  sql`${sql.ref(column)} >= ${dateTime(fromMs)} AND ${sql.ref(column)} < ${dateTime(untilMs)}`
const ofMessages = (column: string, { fromMs, untilMs }: Range) =>
  sql`${sql.ref(column)} >= ${firstIdentifierAt(fromMs)} AND ${sql.ref(column)} < ${firstIdentifierAt(untilMs)}`

const indexOf = (rollup: Rollup) => sql.ref(`idx_${rollup}_started_at`)
const startOf = (seconds: RawBuilder<unknown>, length: number) =>
  sql`FROM_UNIXTIME(${seconds} DIV ${sql.lit(length)} * ${sql.lit(length)})`

/** The minutes of a range against its messages, without the country: SQL cannot read a number. */
export function compareMessages(range: Range): RawBuilder<Difference> {
  const seconds = sql`(CAST(CONV(HEX(SUBSTR(s.sms_identifier, 1, 6)), 16, 10) AS UNSIGNED) DIV 1000)`
  const due = sql`UNIX_TIMESTAMP(GREATEST(COALESCE(r.delayed_until, r.send_at, s.created_at), s.created_at))`
  const key = sql`started_at, user_id, type, operator, result`
  return sql<Difference>`
    SELECT ${key}, '' AS country, ${sums(ONE)} FROM (
      SELECT ${key}, ${sums(sql.lit(-1))} FROM (
        SELECT started_at, user_id, type, IF(result = 'open', '', provider) AS operator, result, 1 AS messages, CAST(parts AS SIGNED) AS parts,
          price AS charged, IF(result IN ('failed', 'cancelled'), price, returned) - IF(is_noted, returned, 0) AS refunded,
          IF(result IN ('sent', 'delivered', 'undelivered'), COALESCE(cost, 0), 0) AS cost,
          (result IN ('sent', 'delivered', 'undelivered') AND cost IS NOT NULL) AS costed,
          (result IN ('sent', 'delivered', 'undelivered') AND handed_over IS NOT NULL) AS handovers,
          IF(result IN ('sent', 'delivered', 'undelivered'), GREATEST(0, COALESCE(handed_over, 0)), 0) AS handover_ms,
          (result = 'delivered') AS deliveries, IF(result = 'delivered', GREATEST(0, changed), 0) AS delivery_ms
        FROM (
          SELECT ${startOf(seconds, 60)} AS started_at, s.user_id, r.type, s.provider, s.parts, s.price, s.cost,
            s.returned, paid.was IS NOT NULL AS is_noted,
            (UNIX_TIMESTAMP(s.handed_over_at) - ${due}) * 1000 AS handed_over,
            (UNIX_TIMESTAMP(s.updated_at) - ${due}) * 1000 AS changed,
            CASE WHEN opened.was IS NOT NULL OR s.status IN ('pending', 'sending') THEN 'open'
              WHEN sent.was IS NOT NULL THEN 'sent'
              WHEN s.status = 'done' THEN COALESCE(s.delivery_status, 'sent') ELSE s.status END AS result
          FROM sms_status s FORCE INDEX (PRIMARY)
            STRAIGHT_JOIN sms_requests r FORCE INDEX (PRIMARY) ON r.sms_identifier = s.sms_identifier
            LEFT JOIN report_changes opened FORCE INDEX (PRIMARY) ON opened.sms_identifier = s.sms_identifier
              AND opened.recipient_no = s.recipient_no AND opened.was = 'open'
            LEFT JOIN report_changes sent FORCE INDEX (PRIMARY) ON sent.sms_identifier = s.sms_identifier
              AND sent.recipient_no = s.recipient_no AND sent.was = 'sent'
            LEFT JOIN report_changes paid FORCE INDEX (PRIMARY) ON paid.sms_identifier = s.sms_identifier
              AND paid.recipient_no = s.recipient_no AND paid.was = 'paid'
          WHERE ${ofMessages('s.sms_identifier', range)} AND NOT r.is_test
        ) AS counted
      ) AS contributions GROUP BY ${key}
      UNION ALL
      SELECT ${key}, ${sums(ONE)} FROM report_minutes FORCE INDEX (${indexOf('report_minutes')})
      WHERE ${ofTime('started_at', range)} AND user_id <> 0 GROUP BY ${key}
    ) AS compared GROUP BY ${key} HAVING ${areWrong} LIMIT ${sql.lit(REPORTED_MAX)}`
}

export interface MoneyDifference {
  user_id: number
  charged: number | string
  refunded: number | string
}

/** The money of a range against the ledger; what went back by changes that wait is not in the rollup yet. */
export function compareMoney(range: Range): RawBuilder<MoneyDifference> {
  return sql<MoneyDifference>`
    SELECT user_id, SUM(charged) AS charged, SUM(refunded) AS refunded FROM (
      SELECT user_id, SUM(charged) AS charged, SUM(refunded) AS refunded
      FROM report_minutes FORCE INDEX (${indexOf('report_minutes')})
      WHERE ${ofTime('started_at', range)} AND user_id <> 0 GROUP BY user_id
      UNION ALL
      SELECT user_id, SUM(IF(transaction_type = 'charge', amount, 0)), -SUM(IF(transaction_type = 'charge', 0, amount))
      FROM user_transactions FORCE INDEX (PRIMARY)
      WHERE ${ofMessages('transaction_id', range)} AND transaction_type <> 'topup' GROUP BY user_id
      UNION ALL
      SELECT s.user_id, 0, SUM(IF(c.became = 'returned', s.returned, s.price - s.returned))
      FROM report_changes c FORCE INDEX (PRIMARY)
        STRAIGHT_JOIN sms_status s FORCE INDEX (PRIMARY)
          ON s.sms_identifier = c.sms_identifier AND s.recipient_no = c.recipient_no
      WHERE ${ofMessages('c.sms_identifier', range)} AND c.became IN ('failed', 'cancelled', 'returned')
      GROUP BY s.user_id
    ) AS compared GROUP BY user_id
    HAVING SUM(charged) <> 0 OR SUM(refunded) <> 0 LIMIT ${sql.lit(REPORTED_MAX)}`
}

/** The sum of all customers against the customers, and rows that count less than nothing. */
export function compareCustomers(rollup: Rollup, range: Range): RawBuilder<Difference> {
  const key = sql`started_at, type, operator, country, result`
  const sign = sql`IF(user_id = 0, 1, -1)`
  const wrong = sql.join(
    SUMS.map((name) => sql`SUM(${sign} * ${sql.ref(name)}) <> 0`),
    sql` OR `,
  )
  return sql<Difference>`
    SELECT ${key}, 0 AS user_id, SUM(${sign} * messages) AS messages
    FROM ${sql.table(rollup)} FORCE INDEX (${indexOf(rollup)})
    WHERE ${ofTime('started_at', range)}
    GROUP BY ${key} HAVING ${wrong} OR MIN(messages) < 0 LIMIT ${sql.lit(REPORTED_MAX)}`
}

/** Spans against the shorter ones that they are made of. */
export function compareSpans(
  { rollup, finer, lengthMs }: { rollup: Rollup; finer: Rollup; lengthMs: number },
  range: Range,
): RawBuilder<Difference> {
  const key = sql`started_at, user_id, type, operator, country, result`
  const own = sql`user_id, type, operator, country, result`
  const start = startOf(sql`UNIX_TIMESTAMP(started_at)`, lengthMs / 1_000)
  const plain = sql.join(SUMS.map((name) => sql.ref(name)))
  const minus = sql.join(SUMS.map((name) => sql`-${sql.ref(name)}`))
  return sql<Difference>`
    SELECT ${key}, ${sums(ONE)} FROM (
      SELECT started_at, ${own}, ${plain} FROM ${sql.table(rollup)} FORCE INDEX (${indexOf(rollup)})
      WHERE ${ofTime('started_at', range)}
      UNION ALL
      SELECT ${start}, ${own}, ${minus} FROM ${sql.table(finer)} FORCE INDEX (${indexOf(finer)})
      WHERE ${ofTime('started_at', range)}
    ) AS compared GROUP BY ${key} HAVING ${areWrong} LIMIT ${sql.lit(REPORTED_MAX)}`
}
