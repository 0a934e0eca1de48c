import { setTimeout as pause } from 'node:timers/promises'
import { sql } from 'kysely'
import {
  addFindings,
  endOf,
  lastKeyOf,
  noFindings,
  openPageSize,
  query,
  readFitting,
  spanFrom,
  within,
} from '../../src/audit/index.ts'
import type { AuditOptions, Bounds, Findings, Violation } from '../../src/audit/index.ts'
import type { Db } from '../../src/platform/db/index.ts'
import { identifierFromBytes, identifierToBytes, isIdentifier } from '../../src/primitives/identifier.ts'
import { explainTaken } from './explainTaken.ts'
import type { ComparedRow } from './explainTaken.ts'
import { RECORD_RULES } from './rules.ts'
import type { RecordRule } from './rules.ts'
import { TakenCounts } from './takenCounts.ts'

/** What an operator recorded by itself. */
export interface OperatorRecord {
  /** Each reference once, and how often it was really taken. Read anew at each call. */
  submissions(): AsyncIterable<{ reference: string; taken: number }>
  /** What it cannot tell: submissions it had no room for, and what came before it began (milliseconds since the epoch). */
  summary?(): Promise<{ dropped: number; startedAt?: number }>
}

export interface RecordsReport extends Findings<RecordRule> {
  /** References that were taken at all. */
  references: number
  takenMoreThanOnce: number
  /** Taken, refunded, and marked as possibly sent: the result was unknown to the end. Allowed, and counted. */
  takenAndRefunded: number
  /** Submissions that are in no record. Above 0 the comparison is partial: nothing is said of what is not there. */
  dropped: number
  /** Recipients that are done, in no record, and were accepted before one began: nothing is said of them. */
  older: number
}

const KEY = { table: 'sms_status', column: 'sms_identifier' } as const

/** Recipients that are done and were not in the record, some 10 MB. Beyond, the record is read again. */
const UNPROVEN_MAX = 100_000
/** Each row is sent to this process, some 60 bytes. */
const ROWS_PER_PAGE_MAX = 5_000
const IDENTIFIER_AND_NUMBER = /^([0-9a-f-]{36}):([0-9]{1,5})$/

/** What a comparison knows. */
interface Progress {
  operators: readonly OperatorRecord[]
  taken: TakenCounts
  findings: Findings<RecordRule>
  /** Done, accepted since the records began, and not taken as far as is known. */
  unproven: Set<string>
  older: number
  takenAndRefunded: number
}

/**
 * Compares the tables with the record of all operators, of a live system too. Reads the record before the tables: the
 * tables must explain everything in it. A recipient that is done but missing from the record is looked up again
 * afterwards.
 * @throws when a record cannot be read, or Unavailable.
 */
export async function compareRecords(
  db: Db,
  operators: readonly OperatorRecord[],
  { onProgress = () => {}, restFactor = 0 }: AuditOptions = {},
): Promise<RecordsReport> {
  const progress: Progress = {
    ...{ operators, taken: new TakenCounts(), findings: noFindings(RECORD_RULES) },
    ...{ unproven: new Set<string>(), older: 0, takenAndRefunded: 0 },
  }
  const startedAtMs = await startOf(operators)
  await readTaken(progress)
  const upTo = await lastKeyOf(KEY)(db)
  const size = openPageSize(ROWS_PER_PAGE_MAX)
  for (let after: string | undefined = ''; after !== undefined;) {
    const bounds: Bounds = { after, upTo }
    const { page, durationMs }: { page: ComparedPage; durationMs: number } = await readFitting(
      size,
      (rowsMax) => readPage(db, bounds, rowsMax),
    )
    for (const row of page.rows) compareRow(progress, row, startedAtMs)
    if (progress.unproven.size >= UNPROVEN_MAX) await prove(progress)
    onProgress({ scan: 'records', table: 'sms_status', rows: page.rows.length })
    after = page.end
    if (restFactor > 0 && after !== undefined) await pause(durationMs * restFactor)
  }
  await prove(progress)
  const { taken, findings, older, takenAndRefunded } = progress
  for (const { id, recipientNo } of taken.unseen()) {
    const explanation = 'was taken by an operator and does not exist'
    addFindings(findings, [{ rule: 'known', subject: subjectOf(id, recipientNo), explanation }])
  }
  const dropped = await countDropped(operators)
  return {
    ...findings,
    ...{ references: taken.size, takenMoreThanOnce: taken.repeated, takenAndRefunded, dropped, older },
  }
}

async function readTaken({ operators, taken, findings }: Progress): Promise<void> {
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

function compareRow(progress: Progress, row: ComparedRow, startedAtMs: number): void {
  const { taken, findings, unproven } = progress
  const times = taken.see(row.id, row.recipient_no)
  const violations: Violation<RecordRule>[] = explainTaken(row, times).map(([rule, explanation]) => ({
    ...{ rule, subject: subjectOf(row.id, row.recipient_no), explanation },
  }))
  addFindings(findings, violations)
  if (times > 0 && row.status === 'failed') progress.takenAndRefunded++
  if (row.status !== 'done' || times > 0) return
  if (timeOf(row.id) < startedAtMs) progress.older++
  else unproven.add(referenceOf(row.id, row.recipient_no))
}

/** Looks for the unproven in a new reading of the records, unless they may be among what those had no room for. */
async function prove({ operators, findings, unproven }: Progress): Promise<void> {
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

interface ComparedPage {
  rows: ComparedRow[]
  end: string | undefined
}

async function readPage(db: Db, bounds: Bounds, rowsMax: number): Promise<ComparedPage> {
  const span = await spanFrom(db, KEY, bounds, rowsMax)
  const rows = await query(
    db,
    'audit.records',
    sql<ComparedRow>`
      SELECT s.sms_identifier AS id, s.recipient_no, r.type, s.status, s.possibly_sent, s.possible_duplicate, r.on_unknown
      FROM sms_status s FORCE INDEX (PRIMARY)
        LEFT JOIN sms_requests r FORCE INDEX (PRIMARY) ON r.sms_identifier = s.sms_identifier
      WHERE ${within('s.sms_identifier', span)}`,
  )
  return { rows, end: endOf(span) }
}

/** What was accepted before one of the records began may have been taken before it, too. */
async function startOf(operators: readonly OperatorRecord[]): Promise<number> {
  const summaries = await Promise.all(operators.map(async (operator) => operator.summary?.()))
  return Math.max(0, ...summaries.map((summary) => summary?.startedAt ?? 0))
}

async function countDropped(operators: readonly OperatorRecord[]): Promise<number> {
  const summaries = await Promise.all(operators.map(async (operator) => operator.summary?.()))
  return summaries.reduce((sum, summary) => sum + (summary?.dropped ?? 0), 0)
}

/** A reference is what the operators are given: the message's identifier and the recipient's number. */
function parse(reference: string): { id: Buffer; recipientNo: number } | undefined {
  const [, identifier = '', number] = IDENTIFIER_AND_NUMBER.exec(reference) ?? []
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
