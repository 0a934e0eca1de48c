import { sql } from 'kysely'
import type { AttemptResult } from '../../db/schema.ts'
import { refuseRemoved } from '../history/index.ts'
import { read } from '../platform/db/index.ts'
import type { Db } from '../platform/db/index.ts'
import { isIdentifier } from '../primitives/identifier.ts'
import { findRequest } from './findRequests.ts'

/** The place of an attempt in its message's list. */
export interface AttemptPlace {
  recipientNo: number
  attempt: number
  callNo: number
}

export interface AttemptsQuery {
  userId: number
  smsIdentifier: string
  limit: number
  /** The last attempt of the page before. */
  after?: AttemptPlace | undefined
}

/** One submission to an operator. */
export interface AttemptView {
  recipient: string
  /** The round, from 1 on: failover and repeats within a claim belong to one round. */
  attempt: number
  provider: string
  result: AttemptResult
  /** In the operator's words; empty when it accepted. */
  reason: string
  /** Why this operator may get the message. */
  routeReason: string
  startedAt: Date
  durationMs: number
  /** Made on purpose while another operator had not answered. */
  isHedge: boolean
}

export interface AttemptsPage {
  attempts: AttemptView[]
  nextAfter: AttemptPlace | null
}

interface Row {
  recipient_no: number
  attempt: number
  call_no: number
  recipient: string
  provider: string
  result: AttemptResult
  reason: string
  route_reason: string
  started_at: Date
  duration_ms: number
  is_hedge: number
}

const FIRST: AttemptPlace = { recipientNo: 0, attempt: 0, callNo: 0 }

/**
 * @returns a page of the attempts that are stored of a message, by recipient and in the order they were made; undefined
 * for a message that this customer did not send, and for a text that is no identifier. @throws Unavailable.
 */
export async function listAttempts(db: Db, query: AttemptsQuery): Promise<AttemptsPage | undefined> {
  if (!isIdentifier(query.smsIdentifier)) return undefined
  const page = await read(db, 'messages.list_attempts', async (reader) => {
    const request = await findRequest(reader, query)
    if (!request) return undefined
    const { recipientNo, attempt, callNo } = query.after ?? FIRST
    const { rows } = await sql<Row>`
      SELECT a.recipient_no, a.attempt, a.call_no, s.recipient, a.provider, a.result, a.reason, a.route_reason, a.started_at,
             a.duration_ms, a.is_hedge
      FROM delivery_attempts a FORCE INDEX (PRIMARY)
        STRAIGHT_JOIN sms_status s FORCE INDEX (PRIMARY) ON s.sms_identifier = a.sms_identifier
          AND s.recipient_no = a.recipient_no
      WHERE a.sms_identifier = ${request.sms_identifier} AND a.recipient_no >= ${recipientNo}
        AND (a.recipient_no, a.attempt, a.call_no) > (${recipientNo}, ${attempt}, ${callNo})
      ORDER BY a.recipient_no, a.attempt, a.call_no LIMIT ${sql.lit(query.limit + 1)}`.execute(reader)
    const page = rows.slice(0, query.limit)
    const last = rows.length > query.limit ? page.at(-1) : undefined
    return { attempts: page.map(toView), nextAfter: last ? toPlace(last) : null }
  })
  return page ?? refuseRemoved(db, query.smsIdentifier)
}

function toPlace({ recipient_no: recipientNo, attempt, call_no: callNo }: Row): AttemptPlace {
  return { recipientNo, attempt, callNo }
}

function toView(row: Row): AttemptView {
  return {
    recipient: row.recipient,
    attempt: row.attempt,
    provider: row.provider,
    result: row.result,
    reason: row.reason,
    routeReason: row.route_reason,
    startedAt: row.started_at,
    durationMs: row.duration_ms,
    isHedge: row.is_hedge === 1,
  }
}
