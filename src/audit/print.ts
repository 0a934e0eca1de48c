import type { AuditReport } from './audit.ts'
import { RULES, countFindings } from './violation.ts'
import type { Findings } from './violation.ts'

/** The most violations that are printed, for all rules together. */
const PRINTED_MAX = 50

export function describeTables(report: AuditReport, seconds: number): string[] {
  const { recipients, ledgerRows, outboxRows, quarantined, possibleDuplicates } = report
  return [
    `audit: ${recipients} recipients, ${ledgerRows} ledger rows, ${outboxRows} outbox rows in ${seconds.toFixed(1)} s`,
    ...describeRules(report, RULES),
    `   -  possible duplicates marked: ${possibleDuplicates}`,
    ...(quarantined > 0 ? [`   -  in quarantine, to be decided: ${quarantined}`] : []),
  ]
}

/** A line for each rule: ok, or its number of violations. */
export function describeRules<R extends string>({ counts }: Findings<R>, rules: Record<R, string>): string[] {
  return (Object.entries(rules) as [R, string][]).map(
    ([rule, words]) => `${counts[rule] === 0 ? '  ok' : String(counts[rule]).padStart(4)}  ${words}`,
  )
}

/** The violations, and the result as the last line. */
export function describeFindings(...reports: Findings<string>[]): string[] {
  const explained = reports.flatMap(({ violations }) => violations).slice(0, PRINTED_MAX)
  const total = reports.reduce((sum, report) => sum + countFindings(report), 0)
  const hidden = total - explained.length
  return [
    ...explained.map(
      ({ rule, subject, explanation }) => `violation of '${rule}': ${subject}: ${explanation}`,
    ),
    ...(hidden > 0 ? [`and ${hidden} more`] : []),
    total === 0 ? 'audit: clean' : `audit: ${total} violations`,
  ]
}
