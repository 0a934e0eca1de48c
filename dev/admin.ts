// Customers and keys in DATABASE_URL, or else in the database that `make up` started. See src/admin.ts for the arguments.
import { spawnSync } from 'node:child_process'
import { readState } from './stack/state.ts'

const PROGRAM = ['--require', './src/runtime.cjs', 'src/admin.ts']

const databaseUrl = process.env['DATABASE_URL'] || (await readState())?.databaseUrl
if (databaseUrl === undefined)
  console.error('admin: no database: set DATABASE_URL, or start the stack with "make up"')
const { status } = databaseUrl === undefined ? { status: 2 } : run(databaseUrl)
process.exitCode = status ?? 2

function run(DATABASE_URL: string) {
  return spawnSync(process.execPath, [...PROGRAM, ...process.argv.slice(2)], {
    stdio: 'inherit',
    env: { ...process.env, DATABASE_URL },
  })
}
