import { sql } from 'kysely'
import type { SmsState } from '../../db/schema.ts'
import { decodeRanges } from '../outbox/index.ts'
import type { RecipientRange } from '../outbox/index.ts'
import { snapshot } from '../platform/db/index.ts'
import type { Db, Reader } from '../platform/db/index.ts'
import { identifierFromBytes } from '../primitives/identifier.ts'
import type { OnProgress, Pass, Violation } from './violation.ts'

/** Requests of one page; a page ends sooner at so many recipients. Its snapshot lives for some 100 ms. */
const REQUESTS_PER_PAGE = 1_000
const RECIPIENTS_PER_PAGE = 10_000

interface Request {
  id: Buffer
  user_id: number
  price: number
  recipients: number
}

interface StatusRow {
  id: Buffer
  recipient_no: number
  user_id: number
  status: SmsState
  owner: Buffer | null
  lease_until: Date | null
  provider: string
  provider_message_id: string | null
  possible_duplicate: number
}

interface LedgerRow {
  id: Buffer
  recipient_no: number
  user_id: number
  amount: number
  transaction_type: 'topup' | 'charge' | 'refund'
}

/** All that belongs to some requests, as it stood at one instant. */
interface Page {
  requests: Request[]
  status: Map<string, StatusRow[]>
  ledger: Map<string, LedgerRow[]>
  named: Map<string, RecipientRange[]>
}

/**
 * Compares every request with its recipients, its money and its outbox rows, a page of requests at a time, each on
 * one snapshot, so that a live system gives no false alarm (promises 1, 3 and 4).
 */
export async function checkMessages(
  db: Db,
  onProgress: OnProgress,
): Promise<Pass & { possibleDuplicates: number }> {
  const pass = { rows: 0, violations: [] as Violation[], possibleDuplicates: 0 }
  let after: Buffer = Buffer.alloc(0)
  for (;;) {
    const page = await snapshot(db, 'audit.messages', (reader) => readPage(reader, after))
    const last = page.requests.at(-1)
    if (!last) return pass
    for (const request of page.requests) pass.violations.push(...checkRequest(request, page))
    const rows = [...page.status.values()].flat()
    pass.rows += rows.length
    pass.possibleDuplicates += rows.filter(({ possible_duplicate }) => possible_duplicate === 1).length
    onProgress('sms_status', rows.length)
    after = last.id
  }
}

async function readPage(reader: Reader, after: Buffer): Promise<Page> {
  const requests = cut(
    (
      await sql<Request>`SELECT sms_identifier AS id, user_id, price, recipients FROM sms_requests
        WHERE sms_identifier > ${after} ORDER BY sms_identifier LIMIT ${sql.lit(REQUESTS_PER_PAGE)}`.execute(
        reader,
      )
    ).rows,
  )
  const ids = requests.map(({ id }) => id)
  if (ids.length === 0) return { requests, status: new Map(), ledger: new Map(), named: new Map() }
  const status = await sql<StatusRow>`
    SELECT sms_identifier AS id, recipient_no, user_id, status, owner, lease_until, provider, provider_message_id,
           possible_duplicate
    FROM sms_status WHERE sms_identifier IN (${sql.join(ids)})`.execute(reader)
  const ledger = await sql<LedgerRow>`
    SELECT transaction_id AS id, recipient_no, user_id, amount, transaction_type
    FROM user_transactions WHERE transaction_id IN (${sql.join(ids)})`.execute(reader)
  const open = status.rows.filter(isOpen)
  const named = open.length === 0 ? [] : await readNamed(reader, open)
  return {
    requests,
    status: groupById(status.rows, ({ id }) => identifierFromBytes(id)),
    ledger: groupById(ledger.rows, ({ id }) => identifierFromBytes(id)),
    named: groupById(named, ({ smsIdentifier }) => smsIdentifier),
  }
}

/** The ranges that outbox rows name: those of the requests' own rows, and those of all merged ones. */
async function readNamed(reader: Reader, open: StatusRow[]): Promise<RecipientRange[]> {
  const ids = sql.join([...new Map(open.map(({ id }) => [id.toString('hex'), id])).values()])
  const users = sql.join([...new Set(open.map(({ user_id }) => user_id))])
  const { rows } = await sql<{ payload: string }>`
    SELECT payload FROM outbox_events WHERE user_id IN (${users}) AND sms_identifier IN (${ids})
    UNION ALL SELECT payload FROM outbox_events WHERE user_id IS NULL`.execute(reader)
  return rows.flatMap(({ payload }) => decodeRanges(payload) ?? [])
}

function checkRequest(request: Request, { status, ledger, named }: Page): Violation[] {
  const identifier = identifierFromBytes(request.id)
  const rows = status.get(identifier) ?? []
  const money = ledger.get(identifier) ?? []
  const violations = [...checkCharge(request, identifier, rows, money)]
  for (const row of rows) {
    const subject = `message ${identifier}, recipient ${row.recipient_no}`
    const refund = money.find(({ recipient_no }) => recipient_no === row.recipient_no)
    violations.push(...checkRefund(request, row, refund, subject), ...checkState(row, subject))
    const names = (named.get(identifier) ?? []).some(
      ({ first, last }) => first <= row.recipient_no && row.recipient_no <= last,
    )
    if (isOpen(row) && !names) {
      violations.push({ rule: 'outbox', subject, explanation: `is ${row.status} and no outbox row names it` })
    }
  }
  return violations
}

function checkCharge(
  request: Request,
  identifier: string,
  rows: StatusRow[],
  money: LedgerRow[],
): Violation[] {
  const subject = `message ${identifier}`
  const charge = money.find(({ recipient_no }) => recipient_no === 0)
  const owed = -request.price * request.recipients
  if (!charge) return [{ rule: 'charge', subject, explanation: 'was never charged' }]
  if (charge.amount !== owed || charge.user_id !== request.user_id || charge.transaction_type !== 'charge') {
    const explanation = `${charge.amount} was moved for customer ${charge.user_id}, wanted ${owed} for ${request.user_id}`
    return [{ rule: 'charge', subject, explanation }]
  }
  if (rows.length === request.recipients) return []
  return [
    { rule: 'charge', subject, explanation: `paid for ${request.recipients} recipients, has ${rows.length}` },
  ]
}

function checkRefund(
  request: Request,
  row: StatusRow,
  refund: LedgerRow | undefined,
  subject: string,
): Violation[] {
  if (row.status !== 'failed') {
    return refund ? [{ rule: 'refund', subject, explanation: `is ${row.status} and was refunded` }] : []
  }
  if (!refund) return [{ rule: 'refund', subject, explanation: 'failed and was not refunded' }]
  const right = refund.amount === request.price && refund.user_id === row.user_id
  if (right && refund.transaction_type === 'refund') return []
  const explanation = `${refund.amount} went to customer ${refund.user_id}, wanted ${request.price} to ${row.user_id}`
  return [{ rule: 'refund', subject, explanation }]
}

function checkState(row: StatusRow, subject: string): Violation[] {
  const wrong = (explanation: string): Violation[] => [{ rule: 'state', subject, explanation }]
  switch (row.status) {
    case 'pending':
      return row.owner ? wrong('is pending and has an owner') : []
    case 'sending':
      return row.owner && row.lease_until ? [] : wrong('is sending without an owner and a lease')
    case 'done':
      return row.provider && row.provider_message_id
        ? []
        : wrong('is done without an operator and its message id')
    case 'failed':
      return []
    default:
      return wrong(`has the unknown state '${String(row.status)}'`)
  }
}

function isOpen({ status }: StatusRow): boolean {
  return status === 'pending' || status === 'sending'
}

function cut(requests: Request[]): Request[] {
  let recipients = 0
  const end = requests.findIndex((request) => (recipients += request.recipients) > RECIPIENTS_PER_PAGE)
  return end === -1 ? requests : requests.slice(0, Math.max(end, 1))
}

function groupById<T>(rows: T[], idOf: (row: T) => string): Map<string, T[]> {
  return Map.groupBy(rows, idOf)
}
