// The audit as a command: prints the result of each rule, explains violations, and exits with 1 if there is one.
// --full-speed  does not rest between pages: for a system that is stopped
import { parseArgs } from 'node:util'
import { readDatabaseUrl, runCommand } from './command.ts'
import type { CommandOptions } from './command.ts'

process.exitCode = await runCommand(readOptions())

function readOptions(): CommandOptions {
  try {
    const { values } = parseArgs({ options: { 'full-speed': { type: 'boolean' } } })
    const databaseUrl = readDatabaseUrl(process.env['DATABASE_URL'])
    return { databaseUrl, isFullSpeed: values['full-speed'] ?? false }
  } catch (error) {
    console.error(`audit: ${(error as Error).message}`)
    process.exit(2)
  }
}
