// make deps-audit: known holes in the packages of the lock file, those that run in production apart from those that
// only build and test. Exit code 1 when production has one of moderate severity or above, 2 when nobody can be asked.
import { execFile } from 'node:child_process'
import { answerHelp } from './commands/help.ts'
import { CHECKOUT } from './stack/folders.ts'

const SEVERITIES = ['info', 'low', 'moderate', 'high', 'critical'] as const
type Severity = (typeof SEVERITIES)[number]

export interface Hole {
  package: string
  severity: Severity
  /** The versions that have it. */
  range: string
  fix: string
  /** What it is, or which package brings it. */
  why: string
}

interface Vulnerability {
  name: string
  severity: Severity
  range: string
  via: (string | { title: string; url?: string })[]
  fixAvailable: boolean | { name: string; version: string }
}

/** The answer came from nobody, or is none. */
export class CannotBeAsked extends Error {}

const OUTPUT_BYTES_MAX = 64 * 1024 * 1024
const TIMEOUT_MS = 120_000

/** @returns the holes that npm's machine-readable report names. @throws CannotBeAsked when it is none. */
export function readReport(text: string): Hole[] {
  let report: {
    auditReportVersion?: unknown
    vulnerabilities?: Record<string, Vulnerability>
    message?: unknown
  }
  try {
    report = JSON.parse(text) as typeof report
  } catch {
    throw new CannotBeAsked('npm gave no report')
  }
  if (report.auditReportVersion !== 2 || !report.vulnerabilities) {
    const reason = typeof report.message === 'string' ? report.message : 'no report in the known form'
    throw new CannotBeAsked(withoutAddresses(reason))
  }
  return Object.values(report.vulnerabilities)
    .map(toHole)
    .sort((a, b) => rank(b.severity) - rank(a.severity) || a.package.localeCompare(b.package))
}

function toHole({ name, severity, range, via, fixAvailable }: Vulnerability): Hole {
  const fix =
    typeof fixAvailable === 'object'
      ? `${fixAvailable.name} ${fixAvailable.version}`
      : fixAvailable
        ? 'yes'
        : 'none'
  const why = via.map((each) => (typeof each === 'string' ? `by ${each}` : each.title)).join('; ')
  return { package: name, severity, range, fix, why }
}

/** Whose registry it is, and with which password, is nobody's business. */
function withoutAddresses(text: string): string {
  return text.replace(/ - (?:GET|POST) https?:\/\/\S+/g, '').replace(/https?:\/\/\S+/g, 'the registry')
}

function rank(severity: Severity): number {
  return SEVERITIES.indexOf(severity)
}

/** Those that only development has, and whether production has one that matters. */
export function sortOut(production: Hole[], all: Hole[]): { development: Hole[]; isGrave: boolean } {
  const names = new Set(production.map((hole) => hole.package))
  return {
    development: all.filter((hole) => !names.has(hole.package)),
    isGrave: production.some(({ severity }) => rank(severity) >= rank('moderate')),
  }
}

export function describeHoles(title: string, holes: Hole[]): string[] {
  if (holes.length === 0) return [`${title}: no known hole`]
  const rows = holes.map(({ severity, package: name, range, fix, why }) => [
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

/** npm's exit code says only that there are holes, or that something else was wrong; its output says which. */
function ask(args: string[]): Promise<string> {
  return new Promise((resolve) => {
    const options = { cwd: CHECKOUT, maxBuffer: OUTPUT_BYTES_MAX, timeout: TIMEOUT_MS }
    execFile('npm', ['audit', '--json', ...args], options, (_error, stdout) => resolve(stdout))
  })
}

async function audit(): Promise<number> {
  try {
    const production = readReport(await ask(['--omit=dev']))
    const { development, isGrave } = sortOut(production, readReport(await ask([])))
    for (const line of describeHoles('production', production)) console.log(line)
    for (const line of describeHoles('development', development)) console.log(line)
    return isGrave ? 1 : 0
  } catch (error) {
    if (!(error instanceof CannotBeAsked)) throw error
    console.error(`deps-audit: the service that knows of holes could not be asked: ${error.message}`)
    console.error('deps-audit: nothing is said about the packages; try again where it can be reached')
    return 2
  }
}

if (import.meta.main) {
  answerHelp('deps-audit')
  process.exitCode = await audit()
}
