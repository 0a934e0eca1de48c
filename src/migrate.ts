// Brings the database to this program's version and ends: a job of its own where several processes start together.
import { answerHelp } from './platform/answerHelp.ts'
import { migrate } from './platform/db/index.ts'

answerHelp(`usage: npm run migrate
Brings the database of DATABASE_URL, which may stand in .env, to this version, and ends.`)
const url = process.env['DATABASE_URL']
if (!url) {
  console.error('chapar: DATABASE_URL is required')
  process.exit(1)
}
try {
  const applied = await migrate(url)
  console.log(
    applied.length > 0 ? `applied migrations: ${applied.join(', ')}` : 'the database schema is up to date',
  )
} catch (error) {
  console.error(`chapar: ${(error as Error).message}`)
  process.exit(1)
}
