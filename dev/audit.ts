// Runs the audit on DATABASE_URL, or else on the database that `make up` started.
import { spawnSync } from 'node:child_process'
import { readState } from './stack/state.ts'

const state = await readState()
const databaseUrl = process.env['DATABASE_URL'] ?? state?.databaseUrl
if (databaseUrl === undefined) {
  console.error('audit: nothing to audit: set DATABASE_URL, or start the stack with "make up"')
  process.exit(2)
}
const program = ['--require', './src/runtime.cjs', 'src/audit/main.ts']
const { status } = spawnSync(process.execPath, program, {
  stdio: 'inherit',
  env: { ...process.env, DATABASE_URL: databaseUrl },
})
process.exitCode = status ?? 2
