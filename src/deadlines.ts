// The command `npm run deadlines`: records missed guarantees of messages that an older program ended.
import { recordForgotten } from './deadlines/index.ts'
import { readSettings, readTimeRange } from './platform/config/index.ts'
import { closeDb, openDb } from './platform/db/index.ts'
import { SETTINGS } from './roles/settings.ts'

const USAGE = `usage: npm run deadlines -- record --from TIME --to TIME
Records, while the engine runs, the missed guarantees of messages that were accepted in that time and ended by an older
program, which knows no guarantees. They are given back as their tariffs say.
TIME is a date and time with an offset, such as 2027-03-01T09:00:00+03:30.`

const CONNECTIONS = { maxOpenConns: 2, maxIdleConns: 1, connMaxLifetimeSeconds: 3_600 }

const range = readTimeRange(process.argv.slice(2), { name: 'deadlines', action: 'record', usage: USAGE })
const { values, faults } = readSettings(process.env, { DATABASE_URL: SETTINGS.DATABASE_URL })
if (faults.length > 0) {
  console.error(`deadlines: ${faults.join('\n')}`)
  process.exit(2)
}
const db = openDb({ ...CONNECTIONS, url: values.DATABASE_URL ?? '' })
try {
  const { late, unsent } = await recordForgotten(db, range)
  const recorded = late + unsent
  console.log(
    recorded === 0
      ? 'all missed guarantees of that time are recorded'
      : `recorded ${recorded} missed guarantees: ${late} late, ${unsent} unsent`,
  )
} catch (error) {
  const { message, cause } = error as Error
  console.error(`deadlines: ${message}${cause instanceof Error ? ` (${cause.message})` : ''}`)
  process.exitCode = 1
} finally {
  await closeDb(db)
}
