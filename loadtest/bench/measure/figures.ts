import type { Percentiles, RecipientCounts } from '../../result.ts'
import type { BulkTime } from '../findings.ts'
import type { Database } from '../stage/database.ts'
import { percentilesOfCounts } from './countedPercentiles.ts'
import { sqlEnd, sqlStart } from './window.ts'
import type { Window } from './window.ts'

// Figures from the tables after a run, so that no frequent queries disturb it. Acceptance is when the recipient's row
// was written, and the end is when the operator's result was stored. So the latency between them is never shorter than
// the customer's.

/** Recipients in one second of the run: second 0 is the first of the measured time, -1 the last of the warm-up. */
export interface Timeline {
  accepted: Map<number, number>
  ended: Map<number, number>
}

/** The customers whose recipients are counted, both included. */
export interface Customers {
  customerFirst: number
  customerLast: number
}

const EVERY_CUSTOMER: Customers = { customerFirst: 0, customerLast: Number.MAX_SAFE_INTEGER }

interface PerSecond {
  second: number
  recipients: number
}

export async function readTimeline(database: Database, window: Window): Promise<Timeline> {
  const perSecond = async (column: string, condition: string) => {
    const rows = await database.rows<PerSecond>(
      `SELECT FLOOR(TIMESTAMPDIFF(MICROSECOND, ?, ${column}) / 1000000) AS second, COUNT(*) AS recipients
       FROM sms_status WHERE ${condition} GROUP BY 1`,
      [sqlStart(window)],
    )
    return new Map(rows.map(({ second, recipients }) => [Number(second), recipients]))
  }
  return {
    accepted: await perSecond('created_at', 'TRUE'),
    ended: await perSecond('updated_at', `status IN ('done', 'failed')`),
  }
}

/** Sums of a timeline up to the end of a second. */
export function sumThrough(counts: ReadonlyMap<number, number>, second: number): number {
  let sum = 0
  for (const [each, count] of counts) if (each <= second) sum += count
  return sum
}

type Counts = Pick<
  RecipientCounts,
  'accepted' | 'done' | 'failed' | 'unfinished' | 'acceptedPerSecond' | 'donePerSecond'
>

/** The results of recipients accepted in the measured time, and the rates of that time. */
export async function readCounts(database: Database, window: Window): Promise<Counts> {
  const byStatus = await database.rows<{ status: string; recipients: number }>(
    `SELECT status, COUNT(*) AS recipients FROM sms_status WHERE created_at >= ? AND created_at < ? GROUP BY 1`,
    [sqlStart(window), sqlEnd(window)],
  )
  const [ended] = await database.rows<{ recipients: number }>(
    `SELECT COUNT(*) AS recipients FROM sms_status
     WHERE status = 'done' AND updated_at >= ? AND updated_at < ?`,
    [sqlStart(window), sqlEnd(window)],
  )
  const having = (...states: string[]) =>
    byStatus.filter(({ status }) => states.includes(status)).reduce((sum, each) => sum + each.recipients, 0)
  const seconds = window.durationMs / 1_000
  const accepted = having('pending', 'sending', 'done', 'failed')
  return {
    accepted,
    done: having('done'),
    failed: having('failed'),
    unfinished: having('pending', 'sending'),
    acceptedPerSecond: accepted / seconds,
    donePerSecond: (ended?.recipients ?? 0) / seconds,
  }
}

/** From the first acceptance of a customer's recipients to the last stored operator result. */
export async function readBulkTime(database: Database, customerId: number): Promise<BulkTime> {
  const [row] = await database.rows<{ messages: number; seconds: number }>(
    `SELECT COUNT(*) AS messages,
            TIMESTAMPDIFF(MICROSECOND, MIN(created_at), MAX(updated_at)) / 1000000 AS seconds
     FROM sms_status WHERE user_id = ?`,
    [customerId],
  )
  return { messages: row?.messages ?? 0, seconds: Number(row?.seconds ?? 0) }
}

/** From acceptance to the stored operator result, for recipients accepted in the measured time. */
export async function readHandOver(
  database: Database,
  window: Window,
  { customerFirst, customerLast }: Customers = EVERY_CUSTOMER,
): Promise<{ normal?: Percentiles; express?: Percentiles }> {
  const rows = await database.rows<{ type: 'normal' | 'express'; ms: number; recipients: number }>(
    `SELECT r.type, TIMESTAMPDIFF(MICROSECOND, s.created_at, s.updated_at) / 1000 AS ms, COUNT(*) AS recipients
     FROM sms_status s JOIN sms_requests r ON r.sms_identifier = s.sms_identifier
     WHERE s.status = 'done' AND s.created_at >= ? AND s.created_at < ? AND s.user_id BETWEEN ? AND ?
     GROUP BY 1, 2`,
    [sqlStart(window), sqlEnd(window), customerFirst, customerLast],
  )
  const of = (wanted: string) => {
    const counts = rows
      .filter(({ type }) => type === wanted)
      .map(({ ms, recipients }): [number, number] => [Number(ms), recipients])
    return counts.length === 0 ? undefined : percentilesOfCounts(counts)
  }
  const [normal, express] = [of('normal'), of('express')]
  return { ...(normal ? { normal } : {}), ...(express ? { express } : {}) }
}
