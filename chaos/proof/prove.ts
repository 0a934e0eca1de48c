import { sql } from 'kysely'
import { audit, auditRecords } from '../../src/audit/index.ts'
import type { Rule, Violation } from '../../src/audit/index.ts'
import { read } from '../../src/platform/db/index.ts'
import type { Db } from '../../src/platform/db/index.ts'
import type { ClientRecord } from '../clients/record.ts'
import type { StagedOperator } from '../stage/stage.ts'
import { compareClients } from './compareClients.ts'

/** What a run is to show that there is none of, in the words of its table. */
export const FINDINGS = {
  lost: 'lost: accepted and not there, not ended, or done and never sent',
  doubleCharges: 'double charges: one request, charged twice or for another price',
  chargedThoughRefused: 'charged though refused',
  fromNowhere: 'in the tables, and asked for by nobody',
  doubleRefunds: 'double refunds',
  wrongRefunds: 'wrong refunds: not failed, or failed without, or another amount',
  unmarked: 'sent more than once without a mark, or sent and told otherwise',
  books: 'broken books: balances, chains, states, outbox rows',
  answers: 'answers that nobody planned',
} as const
export type Finding = keyof typeof FINDINGS

/** What the run came to, from the tables, the operators' record and the clients'. */
export interface Proof {
  requests: number
  recipients: number
  /** Recipients by state. */
  states: Record<string, number>
  findings: Record<Finding, string[]>
  /** Recipients marked before a try that might be their second. */
  duplicatesMarked: number
  /** Those that operators really took more than once. */
  duplicatesSeen: number
}

const FINDING_OF: Record<Rule, Finding> = {
  balance: 'books',
  chain: 'books',
  charge: 'doubleCharges',
  refund: 'wrongRefunds',
  outbox: 'lost',
  dangling: 'books',
  state: 'books',
  taken: 'lost',
  sent: 'unmarked',
  duplicate: 'unmarked',
}

/** Once everything accepted had time to end and the engine's processes are gone. */
export async function prove(
  db: Db,
  operators: readonly StagedOperator[],
  record: ClientRecord,
  onProgress: (line: string) => void,
): Promise<Proof> {
  onProgress('auditing the tables')
  const books = await audit(db)
  onProgress('comparing with the record of the operators')
  const records = await auditRecords(
    db,
    operators.map(({ admin }) => admin),
  )
  onProgress('comparing with what clients were told')
  const clients = await compareClients(db, record)
  const found = [...books.violations, ...records.violations]
  const of = (finding: Finding) =>
    found.filter(({ rule }) => FINDING_OF[rule] === finding).map(describeViolation)
  const states = await countStates(db)
  return {
    ...{ requests: await countRequests(db), recipients: books.recipients, states },
    findings: {
      lost: [...clients.lost, ...of('lost'), ...(await unended(db))],
      doubleCharges: [...clients.doubleCharges, ...of('doubleCharges')],
      chargedThoughRefused: clients.chargedThoughRefused,
      fromNowhere: [...clients.fromNowhere, ...of('fromNowhere')],
      doubleRefunds: await doubleRefunds(db),
      wrongRefunds: of('wrongRefunds'),
      unmarked: [
        ...of('unmarked'),
        ...(records.dropped > 0 ? [`${records.dropped} submissions are in no record`] : []),
      ],
      books: of('books'),
      answers: unplanned(record),
    },
    duplicatesMarked: books.possibleDuplicates,
    duplicatesSeen: records.takenMoreThanOnce,
  }
}

export function hasFindings({ findings }: Proof): boolean {
  return Object.values(findings).some((found) => found.length > 0)
}

function describeViolation({ rule, subject, explanation }: Violation): string {
  return `${rule}: ${subject}: ${explanation}`
}

/** The engine refuses by these, and by no others; `no answer` is what a client calls a process that is gone. */
const PLANNED = /^(?:200|402 insufficient_balance|408 request_timeout|503 \w+|no answer)$/

function unplanned({ answers }: ClientRecord): string[] {
  return [...answers].flatMap(([label, times]) => (PLANNED.test(label) ? [] : [`${label}, ${times} times`]))
}

/** Of whatever is listed, enough to look it up. */
const LISTED_MAX = 20

async function unended(db: Db): Promise<string[]> {
  const rows = await rowsOf<{ id: string; no: number; status: string }>(
    db,
    sql`SELECT LOWER(HEX(sms_identifier)) AS id, recipient_no AS no, status FROM sms_status
      WHERE status IN ('pending', 'sending') ORDER BY sms_identifier LIMIT ${sql.lit(LISTED_MAX)}`,
  )
  return rows.map(({ id, no, status }) => `recipient ${no} of ${id} is ${status} and did not end`)
}

async function doubleRefunds(db: Db): Promise<string[]> {
  const rows = await rowsOf<{ id: string; no: number; times: number }>(
    db,
    sql`SELECT LOWER(HEX(transaction_id)) AS id, recipient_no AS no, COUNT(*) AS times FROM user_transactions
      WHERE transaction_type = 'refund' GROUP BY transaction_id, recipient_no HAVING COUNT(*) > 1
      LIMIT ${sql.lit(LISTED_MAX)}`,
  )
  return rows.map(({ id, no, times }) => `recipient ${no} of ${id}: refunded ${times} times`)
}

async function countStates(db: Db): Promise<Record<string, number>> {
  const rows = await rowsOf<{ status: string; n: number }>(
    db,
    sql`SELECT status, COUNT(*) AS n FROM sms_status GROUP BY status ORDER BY status`,
  )
  return Object.fromEntries(rows.map(({ status, n }) => [status, Number(n)]))
}

async function countRequests(db: Db): Promise<number> {
  const [row] = await rowsOf<{ n: number }>(db, sql`SELECT COUNT(*) AS n FROM sms_requests`)
  return Number(row?.n)
}

async function rowsOf<T>(db: Db, query: ReturnType<typeof sql>): Promise<T[]> {
  const { rows } = await read(db, 'chaos.prove', (reader) => query.execute(reader))
  return rows as T[]
}
