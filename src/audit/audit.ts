import type { Db } from '../platform/db/index.ts'
import { checkLedger } from './checkLedger.ts'
import { checkMessages } from './checkMessages.ts'
import { checkOutbox } from './checkOutbox.ts'
import { checkStrays } from './checkStrays.ts'
import type { OnProgress, Violation } from './violation.ts'

export interface AuditReport {
  /** Rows of the ledger, of recipients and of the outbox that were examined. */
  ledgerRows: number
  recipients: number
  outboxRows: number
  /** Recipients that were tried again although an operator may have had them. Allowed, and counted. */
  possibleDuplicates: number
  violations: Violation[]
}

/**
 * Proves promises 1 to 4 and 6 from the tables alone, of a live system or a stopped one: anyone who can read the
 * database can run it. It writes nothing and takes no lock.
 */
export async function audit(db: Db, onProgress: OnProgress = () => {}): Promise<AuditReport> {
  const ledger = await checkLedger(db, onProgress)
  const messages = await checkMessages(db, onProgress)
  const outbox = await checkOutbox(db, onProgress)
  const strays = await checkStrays(db, () => {})
  return {
    ledgerRows: ledger.rows,
    recipients: messages.rows,
    outboxRows: outbox.rows,
    possibleDuplicates: messages.possibleDuplicates,
    violations: [ledger, messages, outbox, strays].flatMap(({ violations }) => violations),
  }
}
