import { sql } from 'kysely'
import { LONGEST_WAIT_MS, decodeRanges } from '../outbox/index.ts'
import type { RecipientRange } from '../outbox/index.ts'
import type { Db } from '../platform/db/index.ts'
import { identifierFromBytes } from '../primitives/identifier.ts'
import type { MessageClass } from '../primitives/messageClass.ts'
import { explainOutboxRow } from './explainOutboxRow.ts'
import type { NamedRequest, OutboxEntry } from './explainOutboxRow.ts'
import { lastKeyOf, query } from './page.ts'
import type { Bounds, Page, Scan } from './page.ts'
import type { EngineLimits, Violation } from './violation.ts'

/** A row that references a hundred requests has some 13 KB. */
const ROWS_PER_PAGE_MAX = 500

/**
 * Checks that every outbox row references recipients that exist, for the right customer, in a lane of their class, and
 * comes due soon enough. Requests are never removed, so they may be read later.
 */
export function openOutboxScan({ retryDelayMaxMs }: EngineLimits): Scan {
  const longestWaitMs = {
    normal: Math.max(LONGEST_WAIT_MS, retryDelayMaxMs.normal),
    express: Math.max(LONGEST_WAIT_MS, retryDelayMaxMs.express),
  }
  return {
    ...{ name: 'outbox', table: 'outbox_events' },
    readPage: (db, bounds, rowsMax) => readPage(db, bounds, { rowsMax, longestWaitMs }),
    lastKey: lastKeyOf({ table: 'outbox_events', column: 'id' }),
  }
}

async function readPage(
  db: Db,
  { after, upTo }: Bounds,
  { rowsMax, longestWaitMs }: { rowsMax: number; longestWaitMs: Record<MessageClass, number> },
): Promise<Page> {
  const limit = Math.min(rowsMax, ROWS_PER_PAGE_MAX)
  const rows = await query(
    db,
    'audit.outbox',
    sql<OutboxEntry>`
      SELECT o.id, o.lane, o.user_id, o.sms_identifier, o.recipients, o.payload,
             o.order_key DIV 1000000 AS due_at, FLOOR(UNIX_TIMESTAMP(NOW(3))) AS now_at,
             o.lane = 2 AND o.order_key > GREATEST(COALESCE(b.fair_tag, 0), COALESCE(p.order_key, 0))
               AS is_tag_too_high
      FROM outbox_events o FORCE INDEX (PRIMARY)
        LEFT JOIN user_balances b FORCE INDEX (PRIMARY) ON b.user_id = o.user_id
        LEFT JOIN outbox_positions p ON p.lane = o.lane
      WHERE o.id > ${Buffer.from(after, 'hex')} AND o.id <= ${Buffer.from(upTo, 'hex')}
      ORDER BY o.id LIMIT ${sql.lit(limit)}`,
  )
  const read = rows.map((row) => ({ row, ranges: decodeRanges(row.payload) }))
  const ids = idsOf(read.flatMap(({ ranges = [] }) => ranges))
  const requests = await readRequests(db, ids)
  const quarantined = await readQuarantined(db, ids, Math.max(longestWaitMs.normal, longestWaitMs.express))
  return {
    rows: rows.length,
    violations: read.flatMap(({ row, ranges }) => [
      ...explainOutboxRow(row, ranges, requests, longestWaitMs),
      ...explainQuarantined(ranges, quarantined),
    ]),
    end: rows.length < limit ? undefined : rows.at(-1)?.id.toString('hex'),
  }
}

function idsOf(ranges: RecipientRange[]): string[] {
  return [...new Set(ranges.map(({ smsIdentifier }) => smsIdentifier.replaceAll('-', '')))].sort()
}

/** By identifier, without requests that do not exist. */
async function readRequests(db: Db, ids: string[]): Promise<Map<string, NamedRequest>> {
  if (ids.length === 0) return new Map()
  const rows = await query(
    db,
    'audit.outbox_requests',
    sql<NamedRequest & { id: Buffer }>`
      SELECT r.sms_identifier AS id, r.recipients, r.user_id, r.type,
             CEIL(UNIX_TIMESTAMP(COALESCE(r.delayed_until, r.send_at))) AS send_at
      FROM JSON_TABLE(${JSON.stringify(ids)}, '$[*]' COLUMNS (id CHAR(32) PATH '$')) asked
        STRAIGHT_JOIN sms_requests r FORCE INDEX (PRIMARY) ON r.sms_identifier = UNHEX(asked.id)`,
  )
  return new Map(rows.map((row) => [identifierFromBytes(row.id), row]))
}

/** Recipients that have been in quarantine for longer than a row that references them may still be at work. */
async function readQuarantined(db: Db, ids: string[], longestWaitMs: number): Promise<Map<string, number[]>> {
  if (ids.length === 0) return new Map()
  const rows = await query(
    db,
    'audit.outbox_quarantine',
    sql<{ id: Buffer; recipient_no: number }>`
      SELECT q.sms_identifier AS id, q.recipient_no
      FROM JSON_TABLE(${JSON.stringify(ids)}, '$[*]' COLUMNS (id CHAR(32) PATH '$')) asked
        STRAIGHT_JOIN sms_quarantine q FORCE INDEX (PRIMARY) ON q.sms_identifier = UNHEX(asked.id)
      WHERE q.created_at < NOW(3) - INTERVAL ${sql.lit(longestWaitMs * 1_000)} MICROSECOND`,
  )
  const numbers = new Map<string, number[]>()
  for (const { id, recipient_no } of rows) {
    const identifier = identifierFromBytes(id)
    numbers.set(identifier, [...(numbers.get(identifier) ?? []), recipient_no])
  }
  return numbers
}

function explainQuarantined(ranges: RecipientRange[] = [], quarantined: Map<string, number[]>): Violation[] {
  return ranges.flatMap(({ smsIdentifier, first, last }) =>
    (quarantined.get(smsIdentifier) ?? [])
      .filter((recipientNo) => first <= recipientNo && recipientNo <= last)
      .map((recipientNo) => ({
        rule: 'quarantine' as const,
        subject: `message ${smsIdentifier}, recipient ${recipientNo}`,
        explanation: 'is quarantined and an outbox row references it',
      })),
  )
}
