import { audit } from '../../src/audit/index.ts'
import type { Findings, Rule, Violation } from '../../src/audit/index.ts'
import type { Db } from '../../src/platform/db/index.ts'
import type { ClientRecord } from '../clients/record.ts'
import { FIRST_MONEY, SPEND_PER_DAY_OF } from '../customers.ts'
import { compareRecords } from '../records/compareRecords.ts'
import type { RecordRule } from '../records/rules.ts'
import type { StagedOperator } from '../stage/operators.ts'
import { compareBulks } from './compareBulks.ts'
import { compareCancels } from './compareCancels.ts'
import { compareClients } from './compareClients.ts'
import { compareDeliveries } from './compareDeliveries.ts'
import type { DeliveriesReport } from './compareDeliveries.ts'
import { compareEvents } from './compareEvents.ts'
import type { EventsReport, EventWitness } from './compareEvents.ts'
import { compareModes } from './compareModes.ts'
import { compareNumbers } from './compareNumbers.ts'
import { compareRefusals } from './compareRefusals.ts'
import { compareRepeats } from './compareRepeats.ts'
import { compareSchedule } from './compareSchedule.ts'
import { compareSpending } from './compareSpending.ts'
import { countGuarantees } from './countGuarantees.ts'
import type { Guarantees } from './countGuarantees.ts'
import { countWork } from './countWork.ts'
import type { Work } from './countWork.ts'
import { isPlanned } from './planned.ts'
import { countRequests, countStates, findDoubleRefunds, findUnfinished } from './readTables.ts'
import type { Found } from './readTables.ts'
import { witnessesIn } from './witness.ts'

/** The violations a run counts, as its table names them. */
export const FINDINGS = {
  lost: 'lost: accepted and missing, unfinished, or done and never sent',
  doubleCharges: 'double charges: one request, charged twice or for another price',
  chargedThoughRefused: 'charged though refused',
  wrongRepeats: 'repeated under one idempotency key, and answered otherwise or anew',
  wrongCancels: 'cancelled and not asked for, or otherwise than answered',
  wrongBulks: 'bulks otherwise than answered or read, or all or nothing and there in part',
  wrongModes: 'test messages that moved money or left the test operator, and live ones that came there',
  wrongSpending: 'charged above the limit of a day, or refused below it',
  wrongDeadlines: 'guarantees missed and not recorded or compensated, or otherwise than their tariff says',
  wrongDeliveries: 'delivery statuses otherwise than the receipts say, or decided more than once',
  wrongEvents: 'events missing, repeated, with a gap in their numbers, or not the state of the message',
  missedEvents: 'events that a living endpoint did not get, with a wrong signature or none of the log',
  wrongReports: 'rollups of reports otherwise than the messages and the ledger, or than their customers',
  early: 'scheduled or delayed by a rate or window, and handed over before its time or stored for another',
  unrequested: 'in the tables or sent, and not requested',
  wrongNumbers: 'stored or handed over for a number that was not requested',
  wronglyRefused: 'refused for insufficient balance that was sufficient',
  doubleRefunds: 'double refunds',
  wrongRefunds: 'wrong refunds: not failed, or failed without, or another amount',
  unmarked: 'sent more than once without a mark, or sent and reported as failed or cancelled',
  repeated: 'sent or submitted more often than allowed',
  books: 'broken books: balances, chains, customers, states, outbox rows, quarantine',
  answers: 'unplanned answers',
} as const
export type Finding = keyof typeof FINDINGS

/** What the run came to, from the tables, the operators' record and the clients'. */
export interface Proof extends Work {
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
  /** Scheduled recipients that were handed over. */
  handedOverAsScheduled: number
  /** Messages that operators took over SMPP. */
  takenOverSmpp: number
  guarantees: Guarantees
  deliveries: DeliveriesReport['counts']
  events: EventsReport['counts']
}

const FINDING_OF: Record<Rule | RecordRule, Finding> = {
  balance: 'books',
  chain: 'books',
  removed: 'books',
  charge: 'doubleCharges',
  refund: 'wrongRefunds',
  hold: 'wrongRefunds',
  customer: 'books',
  outbox: 'books',
  dangling: 'books',
  state: 'books',
  attempts: 'repeated',
  deadline: 'wrongDeadlines',
  delivery: 'wrongDeliveries',
  part: 'wrongDeliveries',
  quarantine: 'books',
  key: 'books',
  history: 'books',
  lane: 'books',
  due: 'books',
  bulk: 'books',
  event: 'wrongEvents',
  report: 'wrongReports',
  sequence: 'wrongEvents',
  taken: 'lost',
  known: 'unrequested',
  sent: 'unmarked',
  duplicate: 'unmarked',
  held: 'repeated',
  repeated: 'repeated',
}

/** What to compare the tables with. */
export interface Witnesses {
  operators: readonly StagedOperator[]
  testOperator: StagedOperator
  record: ClientRecord
  events: EventWitness
  /** The engine's settings. */
  validityMs: { normal: number; express: number }
}

/** Called when everything accepted had time to end and the engine's processes are gone. */
export async function prove(
  db: Db,
  { operators, testOperator, record, events: eventWitness, validityMs }: Witnesses,
  onProgress: (line: string) => void,
): Promise<Proof> {
  onProgress('auditing the tables')
  const books = await audit(db, { limits: { validityMs } })
  onProgress('comparing with the record of the operators')
  const [test, ...live] = await witnessesIn(db, [testOperator, ...operators])
  if (!test) throw new Error('the test operator has no record')
  const witnesses = [...live, test]
  const records = await compareRecords(db, witnesses)
  const deliveries = await compareDeliveries(db, witnesses)
  onProgress('comparing with the answers that clients got')
  const clients = await compareClients(db, record)
  const wrongNumbers = await compareNumbers(db, record.sent, witnesses)
  const schedule = await compareSchedule(db, record.sent, witnesses)
  onProgress('comparing with what endpoints got')
  const events = await compareEvents(db, record.sent, eventWitness)
  const of = (finding: Finding): Found[] => [foundIn(books, finding), foundIn(records, finding)]
  const partial = records.dropped > 0 ? [`${records.dropped} submissions are in no record`] : []
  return {
    ...{ requests: await countRequests(db), recipients: books.recipients, states: await countStates(db) },
    findings: {
      lost: together(all(clients.lost), ...of('lost'), await findUnfinished(db)),
      doubleCharges: together(all(clients.doubleCharges), ...of('doubleCharges')),
      chargedThoughRefused: all(clients.chargedThoughRefused),
      wrongRepeats: all(compareRepeats(record)),
      wrongCancels: all(await compareCancels(db, record)),
      wrongBulks: all(await compareBulks(db, record.bulks)),
      wrongModes: all(await compareModes(db, record.sent, { live, test })),
      wrongSpending: all(await compareSpending(db, record, SPEND_PER_DAY_OF)),
      wrongDeliveries: together(all(deliveries.wrong), ...of('wrongDeliveries')),
      wrongDeadlines: together(...of('wrongDeadlines')),
      wrongEvents: together(all(events.wrong), ...of('wrongEvents')),
      missedEvents: all(events.missed),
      wrongReports: together(...of('wrongReports')),
      early: all(schedule.wrong),
      unrequested: together(all(clients.unrequested), ...of('unrequested')),
      wrongNumbers: all(wrongNumbers),
      wronglyRefused: all(compareRefusals(record, FIRST_MONEY)),
      doubleRefunds: await findDoubleRefunds(db),
      wrongRefunds: together(...of('wrongRefunds')),
      unmarked: together(...of('unmarked'), all(deliveries.unmarked), all(partial)),
      repeated: together(...of('repeated')),
      books: together(...of('books')),
      answers: unplanned(record),
    },
    duplicatesMarked: books.possibleDuplicates,
    duplicatesSeen: records.takenMoreThanOnce,
    takenAndRefunded: records.takenAndRefunded,
    quarantined: books.quarantined,
    ...countWork(record),
    handedOverAsScheduled: schedule.handedOver,
    takenOverSmpp: await countTaken(operators.filter(({ protocol }) => protocol === 'smpp')),
    guarantees: await countGuarantees(db),
    deliveries: deliveries.counts,
    events: events.counts,
  }
}

async function countTaken(operators: readonly StagedOperator[]): Promise<number> {
  const summaries = await Promise.all(operators.map(({ admin }) => admin.summary()))
  return summaries.reduce((sum, { taken }) => sum + taken, 0)
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

function unplanned({ answers }: ClientRecord): Found {
  const labels = [...answers].filter(([label]) => !isPlanned(label))
  return {
    count: labels.reduce((sum, [, times]) => sum + times, 0),
    lines: labels.map(([label]) => label),
  }
}
