import { runAudit } from '../../../dev/stack/runAudit.ts'
import type { RunResult } from '../../result.ts'

/** The audit that anyone can run, of all that the scenario left in the tables. */
export async function auditTables(databaseUrl: string): Promise<NonNullable<RunResult['audit']>> {
  const lines: string[] = []
  const isClean = await runAudit(databaseUrl, (line) => lines.push(line))
  return { isClean, lines }
}
