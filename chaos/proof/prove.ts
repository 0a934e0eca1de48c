import { audit, auditRecords } from '../../src/audit/index.ts'
import type { Rule, Violation } from '../../src/audit/index.ts'
import type { Db } from '../../src/platform/db/index.ts'
import type { ClientRecord } from '../clients/record.ts'
import type { StagedOperator } from '../stage/stage.ts'
import { compareClients } from './compareClients.ts'
import { compareNumbers } from './compareNumbers.ts'
import { compareRefusals } from './compareRefusals.ts'
import { countRequests, countStates, findDoubleRefunds, findUnended } from './readTables.ts'
import type { Found } from './readTables.ts'

/** What a run is to show that there is none of, in the words of its table. */
export const FINDINGS = {
  lost: 'lost: accepted and not there, not ended, or done and never sent',
  doubleCharges: 'double charges: one request, charged twice or for another price',
  chargedThoughRefused: 'charged though refused',
  fromNowhere: 'in the tables or sent, and asked for by nobody',
  wrongNumbers: 'kept or handed over for a number that nobody named',
  wronglyRefused: 'refused for want of money that was there',
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
  findings: Record<Finding, Found>
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
  outbox: 'books',
  dangling: 'books',
  state: 'books',
  taken: 'lost',
  known: 'fromNowhere',
  sent: 'unmarked',
  duplicate: 'unmarked',
}

/** Whom to believe besides the tables. */
export interface Witnesses {
  operators: readonly StagedOperator[]
  record: ClientRecord
  /** What each customer was given before anything was sent. */
  firstMoney: ReadonlyMap<number, number>
}

/** Once everything accepted had time to end and the engine's processes are gone. */
export async function prove(
  db: Db,
  { operators, record, firstMoney }: Witnesses,
  onProgress: (line: string) => void,
): Promise<Proof> {
  onProgress('auditing the tables')
  const books = await audit(db)
  onProgress('comparing with the record of the operators')
  const admins = operators.map(({ admin }) => admin)
  const records = await auditRecords(db, admins)
  onProgress('comparing with what clients were told')
  const clients = await compareClients(db, record)
  const wrongNumbers = await compareNumbers(db, record.sent, admins)
  const of = (finding: Finding): Found[] =>
    [books, records].map(({ counts, violations }) => ({
      count: Object.entries(counts).reduce(
        (total, [rule, count]) => (FINDING_OF[rule as Rule] === finding ? total + count : total),
        0,
      ),
      lines: violations.filter(({ rule }) => FINDING_OF[rule] === finding).map(describeViolation),
    }))
  const partial = records.dropped > 0 ? [`${records.dropped} submissions are in no record`] : []
  return {
    ...{ requests: await countRequests(db), recipients: books.recipients, states: await countStates(db) },
    findings: {
      lost: together(all(clients.lost), ...of('lost'), await findUnended(db)),
      doubleCharges: together(all(clients.doubleCharges), ...of('doubleCharges')),
      chargedThoughRefused: all(clients.chargedThoughRefused),
      fromNowhere: together(all(clients.fromNowhere), ...of('fromNowhere')),
      wrongNumbers: all(wrongNumbers),
      wronglyRefused: all(compareRefusals(record, firstMoney)),
      doubleRefunds: await findDoubleRefunds(db),
      wrongRefunds: together(...of('wrongRefunds')),
      unmarked: together(...of('unmarked'), all(partial)),
      books: together(...of('books')),
      answers: unplanned(record),
    },
    duplicatesMarked: books.possibleDuplicates,
    duplicatesSeen: records.takenMoreThanOnce,
  }
}

function all(lines: string[]): Found {
  return { count: lines.length, lines }
}

function together(...found: Found[]): Found {
  return {
    count: found.reduce((sum, { count }) => sum + count, 0),
    lines: found.flatMap(({ lines }) => lines),
  }
}

function describeViolation({ rule, subject, explanation }: Violation): string {
  return `${rule}: ${subject}: ${explanation}`
}

/** The engine refuses by these, and by no others; `no answer` is what a client calls a process that is gone. */
const PLANNED = /^(?:200|402 insufficient_balance|408 request_timeout|503 \w+|no answer)$/

function unplanned({ answers }: ClientRecord): Found {
  const labels = [...answers].filter(([label]) => !PLANNED.test(label))
  return {
    count: labels.reduce((sum, [, times]) => sum + times, 0),
    lines: labels.map(([label]) => label),
  }
}
