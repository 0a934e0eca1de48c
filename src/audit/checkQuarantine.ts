import { sql } from 'kysely'
import type { SmsState } from '../../db/schema.ts'
import type { Db } from '../platform/db/index.ts'
import { subjectOf } from './explainMessages.ts'
import { endOf, lastKeyOf, query, spanFrom, within } from './page.ts'
import type { Bounds, Page, Scan } from './page.ts'
import type { Violation } from './violation.ts'

const KEY = { table: 'sms_quarantine', column: 'sms_identifier' } as const

interface Row {
  id: Buffer
  recipient_no: number
  user_id: number
  customer: number | null
  status: SmsState | null
  has_owner: number
}

/** Checks that the recipient of each row in quarantine is unfinished and has no owner (decision 0017). */
export const quarantineScan: Scan = {
  ...{ name: 'quarantine', table: 'sms_quarantine', readPage, isOfMessages: true as const },
  lastKey: lastKeyOf(KEY),
}

async function readPage(db: Db, bounds: Bounds, rowsMax: number): Promise<Page> {
  const span = await spanFrom(db, KEY, bounds, rowsMax)
  const rows = await query(
    db,
    'audit.quarantine',
    sql<Row>`
      SELECT q.sms_identifier AS id, q.recipient_no, q.user_id, r.user_id AS customer, s.status,
             s.owner IS NOT NULL AS has_owner
      FROM sms_quarantine q FORCE INDEX (PRIMARY)
        LEFT JOIN sms_requests r FORCE INDEX (PRIMARY) ON r.sms_identifier = q.sms_identifier
        LEFT JOIN sms_status s FORCE INDEX (PRIMARY) ON s.sms_identifier = q.sms_identifier
          AND s.recipient_no = q.recipient_no
      WHERE ${within('q.sms_identifier', span)}`,
  )
  return { rows: rows.length, violations: rows.flatMap(explain), end: endOf(span) }
}

function explain({ id, recipient_no, user_id, customer, status, has_owner }: Row): Violation[] {
  const subject = subjectOf(id, recipient_no)
  if (status === null) return [{ rule: 'quarantine', subject, explanation: 'does not exist' }]
  const violations: Violation[] = []
  if (status !== 'sending' || has_owner) {
    const explanation = `is quarantined and ${status}${has_owner ? ' with an owner' : ''}`
    violations.push({ rule: 'quarantine', subject, explanation })
  }
  if (customer !== null && customer !== user_id) {
    const explanation = `is quarantined for customer ${user_id} and of customer ${customer}`
    violations.push({ rule: 'customer', subject, explanation })
  }
  return violations
}
