// make deps-audit: known vulnerabilities in the packages of the lock file, production and development separately.
// Exit code 1 if production has one of moderate severity or above, 2 if the registry cannot be reached.
import { execFile } from 'node:child_process'
import { answerHelp } from './commands/help.ts'
import { CHECKOUT } from './stack/folders.ts'

const SEVERITIES = ['info', 'low', 'moderate', 'high', 'critical'] as const
type Severity = (typeof SEVERITIES)[number]

export interface Vulnerability {
  package: string
  severity: Severity
  /** The affected versions. */
  range: string
  fix: string
  /** What it is, or which package brings it. */
  why: string
}

interface ReportedVulnerability {
  name: string
  severity: Severity
  range: string
  via: (string | { title: string; url?: string })[]
  fixAvailable: boolean | { name: string; version: string }
}

/** The registry did not answer, or not with a report. */
export class RegistryUnavailable extends Error {}

const OUTPUT_BYTES_MAX = 64 * 1024 * 1024
const TIMEOUT_MS = 120_000

/** @returns the vulnerabilities in npm's report. @throws RegistryUnavailable if the text is not a report. */
export function readReport(text: string): Vulnerability[] {
  let report: {
    auditReportVersion?: unknown
    vulnerabilities?: Record<string, ReportedVulnerability>
    message?: unknown
  }
  try {
    report = JSON.parse(text) as typeof report
  } catch {
    throw new RegistryUnavailable('npm gave no report')
  }
  if (report.auditReportVersion !== 2 || !report.vulnerabilities) {
    const reason = typeof report.message === 'string' ? report.message : 'no report in the known form'
    throw new RegistryUnavailable(withoutAddresses(reason))
  }
  return Object.values(report.vulnerabilities)
    .map(toVulnerability)
    .sort((a, b) => rank(b.severity) - rank(a.severity) || a.package.localeCompare(b.package))
}

function toVulnerability({ name, severity, range, via, fixAvailable }: ReportedVulnerability): Vulnerability {
  const fix =
    typeof fixAvailable === 'object'
      ? `${fixAvailable.name} ${fixAvailable.version}`
      : fixAvailable
        ? 'yes'
        : 'none'
  const why = via.map((each) => (typeof each === 'string' ? `by ${each}` : each.title)).join('; ')
  return { package: name, severity, range, fix, why }
}

/** A registry's address may hold a password. */
function withoutAddresses(text: string): string {
  return text.replace(/ - (?:GET|POST) https?:\/\/\S+/g, '').replace(/https?:\/\/\S+/g, 'the registry')
}

function rank(severity: Severity): number {
  return SEVERITIES.indexOf(severity)
}

/** Separates what only development has, and judges production. */
export function separate(
  production: Vulnerability[],
  all: Vulnerability[],
): { development: Vulnerability[]; isSevere: boolean } {
  const names = new Set(production.map((found) => found.package))
  return {
    development: all.filter((found) => !names.has(found.package)),
    isSevere: production.some(({ severity }) => rank(severity) >= rank('moderate')),
  }
}

export function describeVulnerabilities(title: string, vulnerabilities: Vulnerability[]): string[] {
  if (vulnerabilities.length === 0) return [`${title}: no known vulnerability`]
  const rows = vulnerabilities.map(({ severity, package: name, range, fix, why }) => [
    severity,
    name,
    range,
    `fix: ${fix}`,
    why,
  ])
  const widths = [0, 1, 2, 3].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return [
    `${title}:`,
    ...rows.map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`),
  ]
}

/** npm's exit code does not separate vulnerabilities from other faults; its output does. */
function ask(args: string[]): Promise<string> {
  return new Promise((resolve) => {
    const options = { cwd: CHECKOUT, maxBuffer: OUTPUT_BYTES_MAX, timeout: TIMEOUT_MS }
    execFile('npm', ['audit', '--json', ...args], options, (_error, stdout) => resolve(stdout))
  })
}

async function audit(): Promise<number> {
  try {
    const production = readReport(await ask(['--omit=dev']))
    const { development, isSevere } = separate(production, readReport(await ask([])))
    for (const line of describeVulnerabilities('production', production)) console.log(line)
    for (const line of describeVulnerabilities('development', development)) console.log(line)
    return isSevere ? 1 : 0
  } catch (error) {
    if (!(error instanceof RegistryUnavailable)) throw error
    console.error(`deps-audit: the registry's advisory service could not be reached: ${error.message}`)
    console.error('deps-audit: no result; try again with a connection to the registry')
    return 2
  }
}

if (import.meta.main) {
  answerHelp('deps-audit')
  process.exitCode = await audit()
}
