// Runs the audit on DATABASE_URL, or else on the database that `make up` started; then with its operators' record too,
// unless --operator names others. See src/audit/main.ts for what else can be said.
import { spawnSync } from 'node:child_process'
import { AUDIT_PROGRAM } from './stack/runAudit.ts'
import { isRunning, readState } from './stack/state.ts'

const args = process.argv.slice(2)
const state = process.env['DATABASE_URL'] ? undefined : await readState()
const databaseUrl = process.env['DATABASE_URL'] || state?.databaseUrl
if (databaseUrl === undefined) {
  console.error('audit: nothing to audit: set DATABASE_URL, or start the stack with "make up"')
  process.exit(2)
}
const isGiven = args.some((arg) => arg === '--operator' || arg.startsWith('--operator='))
const ofStack = (state?.parts ?? []).filter((part) => part.name.startsWith('operator-') && isRunning(part))
const operators = isGiven ? [] : ofStack.flatMap(({ url }) => ['--operator', url])
const { status } = spawnSync(process.execPath, [...AUDIT_PROGRAM, ...operators, ...args], {
  stdio: 'inherit',
  env: { ...process.env, DATABASE_URL: databaseUrl },
})
process.exitCode = status ?? 2
