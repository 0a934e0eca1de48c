import { setTimeout as pause } from 'node:timers/promises'
import { sql } from 'kysely'
import type { SmsState } from '../../db/schema.ts'
import type { Db } from '../platform/db/index.ts'
import { identifierFromBytes, identifierToBytes, isIdentifier } from '../primitives/identifier.ts'
import type { AuditOptions } from './audit.ts'
import { lastPlaceOf, lies, look, placeOf, spanFrom } from './page.ts'
import { openPageSize, readFitting } from './pageSize.ts'
import { TakenCounts } from './takenCounts.ts'
import { addFindings, noFindings } from './violation.ts'
import type { Findings, Violation } from './violation.ts'

/** What an operator wrote down by itself. */
export interface OperatorRecord {
  /** Each reference once, and how often it was really taken. Read anew at each call. */
  submissions(): AsyncIterable<{ reference: string; taken: number }>
  /** What it cannot tell: submissions it had no room for, and what came before it began (milliseconds since the epoch). */
  summary?(): Promise<{ dropped: number; startedAt?: number }>
}

export interface RecordsReport extends Findings {
  /** References that were taken at all. */
  references: number
  takenMoreThanOnce: number
  /** Submissions that are in no record. Above 0 the comparison is partial: nothing is said of what is not there. */
  dropped: number
  /** Recipients that are done, in no record, and were accepted before one began: nothing is said of them. */
  older: number
}

const KEY = { table: 'sms_status', column: 'sms_identifier' } as const

/** Recipients that are done and were not in the record: their share of the memory. Beyond, the record is read again. */
const UNPROVEN_MAX = 100_000
/** Each of them is handed over, some 60 bytes a row. */
const ROWS_PER_PAGE_MAX = 5_000
const NAME_AND_NUMBER = /^([0-9a-f-]{36}):([0-9]{1,5})$/

interface Row {
  id: Buffer
  recipient_no: number
  status: SmsState
  possibly_sent: number
  possible_duplicate: number
}

/** What a comparison knows. */
interface Comparison {
  operators: readonly OperatorRecord[]
  taken: TakenCounts
  findings: Findings
  /** Done, accepted since the records began, and not taken as far as is known. */
  unproven: Set<string>
  older: number
}

/**
 * Compares the tables with the record of all operators, of a live system too. What follows from having been taken (the
 * recipient is there, its end, its mark) was written before or will be, so the record is read before the tables: what
 * it has, they must explain. That a recipient is done follows from having been taken, so there the record must be the
 * later one: whoever is done and missing in it is looked for in a second reading, after the tables.
 * @throws when a record cannot be read, or Unavailable.
 */
export async function auditRecords(
  db: Db,
  operators: readonly OperatorRecord[],
  { onProgress = () => {}, restFactor = 0 }: AuditOptions = {},
): Promise<RecordsReport> {
  const comparison: Comparison = {
    ...{ operators, taken: new TakenCounts(), findings: noFindings(), unproven: new Set<string>(), older: 0 },
  }
  const startedAtMs = await beginningOf(operators)
  await readTaken(comparison)
  const { taken, findings } = comparison
  const last = await lastPlaceOf(KEY)(db)
  const size = openPageSize(ROWS_PER_PAGE_MAX)
  for (let after: string | undefined = ''; after !== undefined;) {
    const from: string = after
    const { page, durationMs } = await readFitting(size, (rowsMax) => readPage(db, from, rowsMax))
    const { rows, end } = page
    for (const row of rows) {
      const times = taken.see(row.id, row.recipient_no)
      addFindings(findings, explain(row, times))
      if (row.status !== 'done' || times > 0) continue
      if (timeOf(row.id) < startedAtMs) comparison.older++
      else comparison.unproven.add(referenceOf(row.id, row.recipient_no))
    }
    if (comparison.unproven.size >= UNPROVEN_MAX) await prove(comparison)
    onProgress({ walk: 'records', table: 'sms_status', rows: rows.length })
    after = end !== undefined && end < last ? end : undefined
    if (restFactor > 0 && after !== undefined) await pause(durationMs * restFactor)
  }
  await prove(comparison)
  for (const { id, recipientNo } of taken.unseen()) {
    const explanation = 'was taken by an operator and does not exist'
    addFindings(findings, [{ rule: 'known', subject: subjectOf(id, recipientNo), explanation }])
  }
  const dropped = await countDropped(operators)
  const { older } = comparison
  return { ...findings, references: taken.size, takenMoreThanOnce: taken.repeated, dropped, older }
}

async function readTaken({ operators, taken, findings }: Comparison): Promise<void> {
  for (const operator of operators) {
    for await (const { reference, taken: times } of operator.submissions()) {
      if (times < 1) continue
      const key = parse(reference)
      if (key) taken.add(key.id, key.recipientNo, times)
      else {
        const explanation = 'was taken by an operator and is none of ours'
        addFindings(findings, [{ rule: 'known', subject: `reference '${reference}'`, explanation }])
      }
    }
  }
}

function explain(row: Row, times: number): Violation[] {
  if (times === 0) return []
  const violations: Violation[] = []
  const subject = subjectOf(row.id, row.recipient_no)
  if (row.status === 'failed' && !row.possibly_sent) {
    const explanation = 'was taken by an operator, is failed and not marked as possibly sent'
    violations.push({ rule: 'sent', subject, explanation })
  }
  if (times > 1 && !row.possible_duplicate) {
    const explanation = `was taken ${times} times and is not marked`
    violations.push({ rule: 'duplicate', subject, explanation })
  }
  return violations
}

/** Looks for those that are done in a new reading of the records, unless they may be among what those had no room for. */
async function prove({ operators, findings, unproven }: Comparison): Promise<void> {
  if (unproven.size === 0) return
  for (const operator of operators)
    for await (const { reference, taken } of operator.submissions()) if (taken > 0) unproven.delete(reference)
  if ((await countDropped(operators)) === 0) {
    for (const reference of unproven) {
      const subject = `message ${reference.replace(':', ', recipient ')}`
      addFindings(findings, [{ rule: 'taken', subject, explanation: 'is done and no operator took it' }])
    }
  }
  unproven.clear()
}

async function readPage(
  db: Db,
  after: string,
  rowsMax: number,
): Promise<{ rows: Row[]; end: string | undefined }> {
  const span = await spanFrom(db, KEY, after, rowsMax)
  const { rows } = await look(db, 'audit.records', (reader) =>
    sql<Row>`SELECT sms_identifier AS id, recipient_no, status, possibly_sent, possible_duplicate
      FROM sms_status FORCE INDEX (PRIMARY) WHERE ${lies('sms_identifier', span)}`.execute(reader),
  )
  return { rows, end: placeOf(span) }
}

/** Who was accepted before one of the records began may have been taken before it, too. */
async function beginningOf(operators: readonly OperatorRecord[]): Promise<number> {
  const summaries = await Promise.all(operators.map(async (operator) => operator.summary?.()))
  return Math.max(0, ...summaries.map((summary) => summary?.startedAt ?? 0))
}

async function countDropped(operators: readonly OperatorRecord[]): Promise<number> {
  const summaries = await Promise.all(operators.map(async (operator) => operator.summary?.()))
  return summaries.reduce((sum, summary) => sum + (summary?.dropped ?? 0), 0)
}

/** A reference is what the operators are given: the message's identifier and the recipient's number. */
function parse(reference: string): { id: Buffer; recipientNo: number } | undefined {
  const [, identifier = '', number] = NAME_AND_NUMBER.exec(reference) ?? []
  const recipientNo = Number(number)
  if (!isIdentifier(identifier) || recipientNo < 1 || recipientNo > 0xffff) return undefined
  return { id: identifierToBytes(identifier), recipientNo }
}

function referenceOf(id: Buffer, recipientNo: number): string {
  return `${identifierFromBytes(id)}:${recipientNo}`
}

function subjectOf(id: Buffer, recipientNo: number): string {
  return `message ${identifierFromBytes(id)}, recipient ${recipientNo}`
}

/** When the message was accepted, in milliseconds since the epoch: the first 48 bits of a version 7 identifier. */
function timeOf(id: Buffer): number {
  return id.readUIntBE(0, 6)
}
