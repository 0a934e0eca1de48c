import { audit } from '../../src/audit/index.ts'
import type { Findings, Rule, Violation } from '../../src/audit/index.ts'
import type { Db } from '../../src/platform/db/index.ts'
import type { ClientRecord } from '../clients/record.ts'
import { compareRecords } from '../records/compareRecords.ts'
import type { RecordRule } from '../records/rules.ts'
import type { StagedOperator } from '../stage/stage.ts'
import { compareClients } from './compareClients.ts'
import { compareNumbers } from './compareNumbers.ts'
import { compareRefusals } from './compareRefusals.ts'
import { countRequests, countStates, findDoubleRefunds, findUnfinished } from './readTables.ts'
import type { Found } from './readTables.ts'

/** The violations a run counts, as its table names them. */
export const FINDINGS = {
  lost: 'lost: accepted and missing, unfinished, or done and never sent',
  doubleCharges: 'double charges: one request, charged twice or for another price',
  chargedThoughRefused: 'charged though refused',
  unrequested: 'in the tables or sent, and not requested',
  wrongNumbers: 'stored or handed over for a number that was not requested',
  wronglyRefused: 'refused for insufficient balance that was sufficient',
  doubleRefunds: 'double refunds',
  wrongRefunds: 'wrong refunds: not failed, or failed without, or another amount',
  unmarked: 'sent more than once without a mark, or sent and reported otherwise',
  repeated: 'sent or submitted more often than allowed',
  books: 'broken books: balances, chains, customers, states, outbox rows, quarantine',
  answers: 'unplanned answers',
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
  /** Recipients that operators really took more than once. */
  duplicatesSeen: number
  /** Taken and refunded, marked as possibly sent: their result stayed unknown to the end. Allowed. */
  takenAndRefunded: number
  /** Open and known: their results could not be stored, and a person or a receipt decides them. Allowed. */
  quarantined: number
}

const FINDING_OF: Record<Rule | RecordRule, Finding> = {
  balance: 'books',
  chain: 'books',
  charge: 'doubleCharges',
  refund: 'wrongRefunds',
  customer: 'books',
  outbox: 'books',
  dangling: 'books',
  state: 'books',
  attempts: 'repeated',
  quarantine: 'books',
  lane: 'books',
  due: 'books',
  taken: 'lost',
  known: 'unrequested',
  sent: 'unmarked',
  duplicate: 'unmarked',
  repeated: 'repeated',
}

/** What to compare the tables with. */
export interface Witnesses {
  operators: readonly StagedOperator[]
  record: ClientRecord
  /** What each customer was given before anything was sent. */
  firstMoney: ReadonlyMap<number, number>
}

/** Called when everything accepted had time to end and the engine's processes are gone. */
export async function prove(
  db: Db,
  { operators, record, firstMoney }: Witnesses,
  onProgress: (line: string) => void,
): Promise<Proof> {
  onProgress('auditing the tables')
  const books = await audit(db)
  onProgress('comparing with the record of the operators')
  const admins = operators.map(({ admin }) => admin)
  const records = await compareRecords(db, admins)
  onProgress('comparing with the answers that clients got')
  const clients = await compareClients(db, record)
  const wrongNumbers = await compareNumbers(db, record.sent, admins)
  const of = (finding: Finding): Found[] => [foundIn(books, finding), foundIn(records, finding)]
  const partial = records.dropped > 0 ? [`${records.dropped} submissions are in no record`] : []
  return {
    ...{ requests: await countRequests(db), recipients: books.recipients, states: await countStates(db) },
    findings: {
      lost: together(all(clients.lost), ...of('lost'), await findUnfinished(db)),
      doubleCharges: together(all(clients.doubleCharges), ...of('doubleCharges')),
      chargedThoughRefused: all(clients.chargedThoughRefused),
      unrequested: together(all(clients.unrequested), ...of('unrequested')),
      wrongNumbers: all(wrongNumbers),
      wronglyRefused: all(compareRefusals(record, firstMoney)),
      doubleRefunds: await findDoubleRefunds(db),
      wrongRefunds: together(...of('wrongRefunds')),
      unmarked: together(...of('unmarked'), all(partial)),
      repeated: together(...of('repeated')),
      books: together(...of('books')),
      answers: unplanned(record),
    },
    duplicatesMarked: books.possibleDuplicates,
    duplicatesSeen: records.takenMoreThanOnce,
    takenAndRefunded: records.takenAndRefunded,
    quarantined: books.quarantined,
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

function foundIn<R extends Rule | RecordRule>({ counts, violations }: Findings<R>, finding: Finding): Found {
  const rules = (Object.keys(counts) as R[]).filter((rule) => FINDING_OF[rule] === finding)
  return {
    count: rules.reduce((total, rule) => total + counts[rule], 0),
    lines: violations.filter(({ rule }) => FINDING_OF[rule] === finding).map(describeViolation),
  }
}

function describeViolation({ rule, subject, explanation }: Violation<string>): string {
  return `${rule}: ${subject}: ${explanation}`
}

/** The engine refuses by these, and by no others; `no answer` is what a client notes of a process that is gone. */
const PLANNED = /^(?:200|402 insufficient_balance|408 request_timeout|503 \w+|no answer)$/

function unplanned({ answers }: ClientRecord): Found {
  const labels = [...answers].filter(([label]) => !PLANNED.test(label))
  return {
    count: labels.reduce((sum, [, times]) => sum + times, 0),
    lines: labels.map(([label]) => label),
  }
}
