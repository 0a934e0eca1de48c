// The command `npm run operators`: lists, pauses, drains, resumes and weights operators, in effect within a second.
import { parseArgs } from 'node:util'
import { OPERATOR_COMMANDS } from './accounts/command/index.ts'
import type { Command, CommandInput } from './accounts/command/index.ts'
import { readSettings } from './platform/config/index.ts'
import { closeDb, databaseNowMs, openDb } from './platform/db/index.ts'
import { identifierMaker } from './primitives/identifier.ts'
import { Problem } from './primitives/problem.ts'
import { SETTINGS } from './roles/settings.ts'

const USAGE = `usage: npm run operators -- COMMAND
  list
  pause NAME --reason TEXT     not called any more; its connections stay
  drain NAME --reason TEXT     not called any more; its connections are closed after the calls in flight
  resume NAME --reason TEXT
  weight NAME NUMBER --reason TEXT`

/** What a command needs behind its name. */
const WORDS: Record<string, string[]> = {
  ...{ list: [], pause: ['NAME'], drain: ['NAME'], resume: ['NAME'], weight: ['NAME', 'NUMBER'] },
}
const CONNECTIONS = { maxOpenConns: 2, maxIdleConns: 1, connMaxLifetimeSeconds: 60 }

const { command, input } = readCommand(process.argv.slice(2))
const { values, faults } = readSettings(process.env, { DATABASE_URL: SETTINGS.DATABASE_URL })
if (faults.length > 0) fail(faults.join('\n'))
const db = openDb({ ...CONNECTIONS, url: values.DATABASE_URL ?? '' })
try {
  const context = { db, newId: identifierMaker(() => databaseNowMs(db)) }
  console.log(JSON.stringify(await command(context, input), undefined, 2))
} catch (error) {
  console.error(`operators: ${describe(error as Error)}`)
  process.exitCode = 1
} finally {
  await closeDb(db)
}

function describe(error: Error): string {
  if (error instanceof Problem && error.errors.length > 0)
    return error.errors.map(({ field, message }) => `${field} ${message}`).join('\n')
  return `${error.message}${error.cause instanceof Error ? ` (${error.cause.message})` : ''}`
}

function readCommand(args: string[]): { command: Command; input: CommandInput } {
  try {
    const options = { reason: { type: 'string' }, help: { type: 'boolean', short: 'h' } } as const
    const { values: given, positionals } = parseArgs({ args, allowPositionals: true, options })
    if (given.help) {
      console.log(USAGE)
      process.exit(0)
    }
    const [name = '', ...words] = positionals
    const command = OPERATOR_COMMANDS[name]
    if (!command) throw new Error(name === '' ? 'say which command' : `there is no command "${name}"`)
    const wanted = WORDS[name] ?? []
    if (words.length !== wanted.length) throw new Error(`usage: ${[name, ...wanted].join(' ')}`)
    return { command, input: { words, options: given.reason === undefined ? {} : { reason: given.reason } } }
  } catch (error) {
    return fail(`${(error as Error).message}\n${USAGE}`)
  }
}

function fail(message: string): never {
  console.error(`operators: ${message}`)
  process.exit(2)
}
