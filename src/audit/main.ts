// The command `make audit`: prints what each rule came to, explains violations, and exits with 1 if there is one.
import { closeDb, openDb } from '../platform/db/index.ts'
import { audit } from './audit.ts'
import { RULES } from './violation.ts'
import type { Rule, Violation } from './violation.ts'

/** Explained one by one; more of them have the same cause more often than not. */
const EXPLAINED_MAX = 50

const url = process.env['DATABASE_URL']
if (!url) {
  console.error('audit: DATABASE_URL is required')
  process.exit(2)
}
if (!URL.canParse(url) || !url.startsWith('mysql://')) {
  console.error('audit: DATABASE_URL must look like mysql://user:password@host:3306/name')
  process.exit(2)
}
const db = openDb({ url, maxOpenConns: 4, maxIdleConns: 2, connMaxLifetimeSeconds: 300 })
try {
  const startedAtMs = performance.now()
  const report = await audit(db, showProgress())
  const seconds = ((performance.now() - startedAtMs) / 1_000).toFixed(1)
  console.log(
    `audit: ${report.recipients} recipients, ${report.ledgerRows} ledger rows, ${report.outboxRows} outbox rows in ${seconds} s`,
  )
  for (const rule of Object.keys(RULES) as Rule[]) printRule(rule, report.violations)
  console.log(`   -  possible duplicates marked: ${report.possibleDuplicates}`)
  for (const { rule, subject, explanation } of report.violations.slice(0, EXPLAINED_MAX)) {
    console.log(`violation of '${rule}': ${subject}: ${explanation}`)
  }
  const hidden = report.violations.length - EXPLAINED_MAX
  if (hidden > 0) console.log(`and ${hidden} more`)
  console.log(
    report.violations.length === 0 ? 'audit: clean' : `audit: ${report.violations.length} violations`,
  )
  process.exitCode = report.violations.length === 0 ? 0 : 1
} catch (error) {
  console.error(`audit: could not be finished: ${(error as Error).message}`)
  process.exitCode = 2
} finally {
  await closeDb(db)
}

function printRule(rule: Rule, violations: Violation[]): void {
  const count = violations.filter((violation) => violation.rule === rule).length
  console.log(`${count === 0 ? '  ok' : String(count).padStart(4)}  ${RULES[rule]}`)
}

function showProgress(): (table: string, rows: number) => void {
  const LINE_EVERY_ROWS = 250_000
  const seen = new Map<string, number>()
  return (table, rows) => {
    const before = seen.get(table) ?? 0
    seen.set(table, before + rows)
    const crossed = Math.floor((before + rows) / LINE_EVERY_ROWS) > Math.floor(before / LINE_EVERY_ROWS)
    if (crossed) console.error(`audit: ${before + rows} rows of ${table} …`)
  }
}
