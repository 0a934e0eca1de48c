import type { AuditReport } from './audit.ts'
import type { RecordsReport } from './auditRecords.ts'
import { countFindings, RECORD_RULES, TABLE_RULES } from './violation.ts'
import type { Findings, Rule } from './violation.ts'

/** Explained one by one, of all rules together. */
const PRINTED_MAX = 50

export function describeTables(report: AuditReport, seconds: number): string[] {
  const { recipients, ledgerRows, outboxRows, possibleDuplicates } = report
  return [
    `audit: ${recipients} recipients, ${ledgerRows} ledger rows, ${outboxRows} outbox rows in ${seconds.toFixed(1)} s`,
    ...describeRules(report, TABLE_RULES),
    `   -  possible duplicates marked: ${possibleDuplicates}`,
  ]
}

export function describeRecords(report: RecordsReport): string[] {
  const { references, takenMoreThanOnce, dropped, older } = report
  return [
    `with the operators' record: ${references} messages taken, ${takenMoreThanOnce} of them more than once`,
    ...describeRules(report, RECORD_RULES),
    ...(older > 0
      ? [
          `   -  partial: ${older} that are done were accepted before an operator's record began, and not compared`,
        ]
      : []),
    ...(dropped > 0
      ? [`   -  partial: the operators had no room for ${dropped} submissions, of which nothing can be said`]
      : []),
  ]
}

function describeRules({ counts }: Findings, rules: Partial<Record<Rule, string>>): string[] {
  return (Object.entries(rules) as [Rule, string][]).map(
    ([rule, words]) => `${counts[rule] === 0 ? '  ok' : String(counts[rule]).padStart(4)}  ${words}`,
  )
}

/** The violations themselves, and the verdict as the last line. */
export function describeFindings(...reports: (Findings | undefined)[]): string[] {
  const found = reports.filter((report) => report !== undefined)
  const explained = found.flatMap(({ violations }) => violations).slice(0, PRINTED_MAX)
  const total = found.reduce((sum, report) => sum + countFindings(report), 0)
  const hidden = total - explained.length
  return [
    ...explained.map(
      ({ rule, subject, explanation }) => `violation of '${rule}': ${subject}: ${explanation}`,
    ),
    ...(hidden > 0 ? [`and ${hidden} more`] : []),
    total === 0 ? 'audit: clean' : `audit: ${total} violations`,
  ]
}
