import { setTimeout as pause } from 'node:timers/promises'
import type { Db } from '../platform/db/index.ts'
import type { Table } from './page.ts'
import { openPageSize, readFitting } from './pageSize.ts'
import { openPass } from './pass.ts'
import { RULES, addFindings, noFindings, withinDefaults } from './violation.ts'
import type { EngineLimits, Findings } from './violation.ts'

export interface AuditReport extends Findings {
  /** Rows of the ledger, of recipients and of the outbox that were examined. */
  ledgerRows: number
  recipients: number
  outboxRows: number
  /** Recipients in quarantine: unfinished until an operator's receipt or a person decides. */
  quarantined: number
  /** Recipients that were submitted again although an operator may have had them. Allowed, and counted. */
  possibleDuplicates: number
}

/** Called for every page with its scan, its table and its number of rows. */
export type OnProgress = (fact: { scan: string; table: Table; rows: number }) => void

export interface AuditOptions {
  onProgress?: OnProgress
  /** After each page it rests this many times as long as the page took; 0 by default. */
  restFactor?: number
  /** What the engine's settings allow, where they differ from their defaults. */
  limits?: Partial<EngineLimits>
}

/**
 * Proves invariants 1 to 4 and 6 from the tables alone, of a live system or a stopped one: anyone who can read the
 * database can run it. It writes nothing, takes no lock, and its memory does not grow with the tables.
 * @throws Unavailable when the database is unavailable, or when the smallest page takes too long.
 */
export async function audit(db: Db, options: AuditOptions = {}): Promise<AuditReport> {
  const { onProgress = () => {}, restFactor = 0 } = options
  const findings = noFindings(RULES)
  const rowsOf = new Map<string, number>()
  let possibleDuplicates = 0
  const size = openPageSize()
  const limits = withinDefaults(options.limits)
  const pass = openPass(db, { limits })
  while (!pass.isOver()) {
    const { page: step, durationMs } = await readFitting(size, (rowsMax) => pass.step(rowsMax))
    addFindings(findings, step.violations)
    rowsOf.set(step.scan, (rowsOf.get(step.scan) ?? 0) + step.rows)
    possibleDuplicates += step.possibleDuplicates
    onProgress(step)
    if (restFactor > 0 && step.isFull) await pause(durationMs * restFactor)
  }
  return {
    ...findings,
    ledgerRows: rowsOf.get('ledger') ?? 0,
    recipients: rowsOf.get('messages') ?? 0,
    outboxRows: rowsOf.get('outbox') ?? 0,
    quarantined: rowsOf.get('quarantine') ?? 0,
    possibleDuplicates,
  }
}
