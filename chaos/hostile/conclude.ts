import { runAudit } from '../../dev/stack/runAudit.ts'
import type { Book, Comparison } from './book.ts'
import { settle } from './settle.ts'
import type { Findings } from './verdict.ts'

export interface Attacked {
  databaseUrl: string
  engineUrl: string
  customers: number[]
  book: Book
}

/** The final checks. A check that cannot run any more counts as a violation and does not hide the others. */
export async function conclude(
  { databaseUrl, engineUrl, customers, book }: Attacked,
  onLine: (line: string) => void,
): Promise<Pick<Findings, 'money' | 'readyStatus' | 'isAuditClean'>> {
  const money = await settle(databaseUrl, engineUrl, customers, book).catch(notCompared)
  const readyStatus = await fetch(`${engineUrl}/readyz`).then(
    ({ status }) => status,
    () => undefined,
  )
  return { money, readyStatus, isAuditClean: await runAudit(databaseUrl, onLine) }
}

function notCompared(error: unknown): Comparison {
  const why = error instanceof Error ? error.message : String(error)
  return {
    faults: [`the tables and the answers could not be compared: ${why}`],
    ...{ confirmed: 0, lostAndThere: 0, lostAndNotThere: 0, refunds: 0 },
  }
}
