// The command `npm run reports`: recounts rollups of reports from the messages.
import { readSettings, readTimeRange } from './platform/config/index.ts'
import { closeDb, openDb } from './platform/db/index.ts'
import { recompute } from './reports/index.ts'
import { SETTINGS } from './roles/settings.ts'

const USAGE = `usage: npm run reports -- recompute --from TIME --to TIME
Counts the messages of that time again and corrects the rollups that reports are made of, while the engine runs.
TIME is a date and time with an offset, such as 2027-03-01T09:00:00+03:30; whole quarters of an hour are recounted.`

const CONNECTIONS = { maxOpenConns: 2, maxIdleConns: 1, connMaxLifetimeSeconds: 3_600 }

const range = readTimeRange(process.argv.slice(2), { name: 'reports', action: 'recompute', usage: USAGE })
const { values, faults } = readSettings(process.env, { DATABASE_URL: SETTINGS.DATABASE_URL })
if (faults.length > 0) fail(faults.join('\n'), 2)
const db = openDb({ ...CONNECTIONS, url: values.DATABASE_URL ?? '' })
try {
  const { from, to, corrected } = await recompute(db, range)
  if (!from || !to) console.log('no message of that time is counted')
  else
    console.log(
      `recounted ${from.toISOString()} to ${to.toISOString()}: ${corrected === 0 ? 'all rows were right' : `${corrected} rows corrected`}`,
    )
} catch (error) {
  const { message, cause } = error as Error
  console.error(`reports: ${message}${cause instanceof Error ? ` (${cause.message})` : ''}`)
  process.exitCode = 1
} finally {
  await closeDb(db)
}

function fail(message: string, code: number): never {
  console.error(`reports: ${message}`)
  process.exit(code)
}
