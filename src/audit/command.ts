import { durationText } from '../platform/config/index.ts'
import { closeDb, openDb } from '../platform/db/index.ts'
import type { Db } from '../platform/db/index.ts'
import { audit } from './audit.ts'
import type { AuditOptions } from './audit.ts'
import type { Table } from './page.ts'
import { SCANNED } from './pass.ts'
import { describeFindings, describeTables } from './print.ts'
import { estimateRows, showProgress } from './progress.ts'
import { DEFAULT_LIMITS, countFindings } from './violation.ts'
import type { EngineLimits, Findings } from './violation.ts'

/** A comparison that follows the audit of the tables, such as with the record of simulated operators. */
export interface Comparison {
  /** The tables that it reads, for the progress. */
  scanned: readonly Table[]
  run(db: Db, options: AuditOptions): Promise<{ findings: Findings<string>; lines: string[] }>
}

export interface CommandOptions {
  databaseUrl: string
  /** Does not rest between pages, for a stopped system. */
  isFullSpeed: boolean
  comparison?: Comparison | undefined
}

/**
 * The rest after each page, as a multiple of its time: the audit uses at most a sixth of a core of the database and of
 * this process.
 */
const REST_FACTOR = 5

/**
 * Runs the audit as a command: prints the result of each rule and explains violations.
 * @returns the exit code: 0 clean, 1 violations, 2 not finished.
 */
export async function runCommand({ databaseUrl, isFullSpeed, comparison }: CommandOptions): Promise<number> {
  const db = openDb({ url: databaseUrl, maxOpenConns: 4, maxIdleConns: 2, connMaxLifetimeSeconds: 300 })
  try {
    return await auditAndPrint(db, isFullSpeed, comparison)
  } catch (error) {
    const { message, cause } = error as Error
    const why = cause instanceof Error ? ` (${cause.message})` : ''
    console.error(`audit: could not be finished: ${message}${why}`)
    return 2
  } finally {
    await closeDb(db)
  }
}

async function auditAndPrint(
  db: Db,
  isFullSpeed: boolean,
  comparison: Comparison | undefined,
): Promise<number> {
  const scanned = [...SCANNED, ...(comparison?.scanned ?? [])]
  const onProgress = showProgress(await estimateRows(db), scanned, (line) => console.error(line))
  const options = {
    onProgress,
    restFactor: isFullSpeed ? 0 : REST_FACTOR,
    limits: readLimits(),
  }
  const startedAtMs = performance.now()
  const report = await audit(db, options)
  const compared = await comparison?.run(db, options)
  const seconds = (performance.now() - startedAtMs) / 1_000
  const findings = [report, ...(compared ? [compared.findings] : [])]
  const lines = [
    ...describeTables(report, seconds),
    ...(compared?.lines ?? []),
    ...describeFindings(...findings),
  ]
  for (const line of lines) console.log(line)
  return findings.every((each) => countFindings(each) === 0) ? 0 : 1
}

/** The engine's settings, which the audit needs when an installation changes them. */
function readLimits(): EngineLimits {
  const { submissionsMax, validityMs, retryDelayMaxMs } = DEFAULT_LIMITS
  return {
    submissionsMax: {
      normal: Number(process.env['UNKNOWN_SUBMISSIONS_MAX']) || submissionsMax.normal,
      express: Number(process.env['UNKNOWN_SUBMISSIONS_MAX_EXPRESS']) || submissionsMax.express,
    },
    validityMs: {
      normal: readDurationMs('VALIDITY_NORMAL') ?? validityMs.normal,
      express: readDurationMs('VALIDITY_EXPRESS') ?? validityMs.express,
    },
    retryDelayMaxMs: {
      normal: readDurationMs('RETRY_MAX_DELAY') ?? retryDelayMaxMs.normal,
      express: readDurationMs('RETRY_EXPRESS_MAX_DELAY') ?? retryDelayMaxMs.express,
    },
  }
}

/** The engine reports what it cannot read; here the default stands for it. */
function readDurationMs(name: string): number | undefined {
  return durationText(Infinity).safeParse(process.env[name]).data
}

/** @throws Error that says what is wrong, in one line. */
export function readDatabaseUrl(url: string | undefined): string {
  if (!url) throw new Error('DATABASE_URL is required')
  if (!URL.canParse(url) || !url.startsWith('mysql://'))
    throw new Error('DATABASE_URL must look like mysql://user:password@host:3306/name')
  return url
}
