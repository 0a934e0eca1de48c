import { runAudit } from '../../../dev/stack/runAudit.ts'
import type { RunResult } from '../../result.ts'

/** Runs the audit of a checkout, this one by default, over the tables after a scenario. */
export async function auditTables(
  databaseUrl: string,
  checkout?: string,
): Promise<NonNullable<RunResult['audit']>> {
  const lines: string[] = []
  const isClean = await runAudit(databaseUrl, (line) => lines.push(line), {
    ...(checkout === undefined ? {} : { checkout }),
  })
  return { isClean, lines }
}
