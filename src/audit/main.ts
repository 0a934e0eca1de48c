// The command `make audit`: prints what each rule came to, explains violations, and exits with 1 if there is one.
//   --operator URL  compares with this operator's record as well; give all operators there are
//   --full-speed    does not rest between pages: for a system that is stopped
import { parseArgs } from 'node:util'
import { closeDb, openDb } from '../platform/db/index.ts'
import type { Db } from '../platform/db/index.ts'
import { audit } from './audit.ts'
import { auditRecords } from './auditRecords.ts'
import { operatorRecord } from './operatorRecord.ts'
import { WALKED } from './pass.ts'
import { describeFindings, describeRecords, describeTables } from './print.ts'
import { estimateRows, showProgress } from './progress.ts'
import { countFindings } from './violation.ts'

/** For each page so many times as long without work: at most a sixth of a core of the database, and of this process. */
const REST_FACTOR = 5

const options = readOptions()
const db = openDb({ url: options.url, maxOpenConns: 4, maxIdleConns: 2, connMaxLifetimeSeconds: 300 })
try {
  process.exitCode = await run(db)
} catch (error) {
  const { message, cause } = error as Error
  const why = cause instanceof Error ? ` (${cause.message})` : ''
  console.error(`audit: could not be finished: ${message}${why}`)
  process.exitCode = 2
} finally {
  await closeDb(db)
}

async function run(db: Db): Promise<number> {
  const operators = options.operators.map(operatorRecord)
  const walks = operators.length > 0 ? [...WALKED, 'sms_status' as const] : WALKED
  const onProgress = showProgress(await estimateRows(db), walks, (line) => console.error(line))
  const restFactor = options.fullSpeed ? 0 : REST_FACTOR
  const startedAtMs = performance.now()
  const pace = { onProgress, restFactor }
  const report = await audit(db, pace)
  const records = operators.length > 0 ? await auditRecords(db, operators, pace) : undefined
  const seconds = (performance.now() - startedAtMs) / 1_000
  const lines = [
    ...describeTables(report, seconds),
    ...(records ? describeRecords(records) : []),
    ...describeFindings(report, records),
  ]
  for (const line of lines) console.log(line)
  return countFindings(report) + (records ? countFindings(records) : 0) === 0 ? 0 : 1
}

function readOptions(): { url: string; operators: string[]; fullSpeed: boolean } {
  try {
    const { values } = parseArgs({
      options: { operator: { type: 'string', multiple: true }, 'full-speed': { type: 'boolean' } },
    })
    const { operator: operators = [], 'full-speed': fullSpeed = false } = values
    for (const address of operators) {
      if (!URL.canParse(address) || !address.startsWith('http'))
        throw new Error(`--operator must look like http://127.0.0.1:9001, not "${address}"`)
    }
    return { url: readUrl(process.env['DATABASE_URL']), operators, fullSpeed }
  } catch (error) {
    console.error(`audit: ${(error as Error).message}`)
    process.exit(2)
  }
}

function readUrl(url: string | undefined): string {
  if (!url) throw new Error('DATABASE_URL is required')
  if (!URL.canParse(url) || !url.startsWith('mysql://'))
    throw new Error('DATABASE_URL must look like mysql://user:password@host:3306/name')
  return url
}
