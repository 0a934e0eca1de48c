// The command `npm run admin`: creates customers and their keys, changes them, and adds money.
import { parseArgs } from 'node:util'
import { COMMANDS } from './accounts/command/index.ts'
import type { Command, CommandInput } from './accounts/command/index.ts'
import { readSettings } from './platform/config/index.ts'
import { closeDb, databaseNowMs, openDb } from './platform/db/index.ts'
import { identifierMaker } from './primitives/identifier.ts'
import { Problem } from './primitives/problem.ts'
import { SETTINGS } from './roles/settings.ts'

const USAGE = `usage: npm run admin -- COMMAND
  customers list
  customers create --name NAME [--tier free|basic|premium] [--user-id NUMBER] [limits]
  customers show CUSTOMER
  customers change CUSTOMER [--name NAME] [--tier TIER] [limits]
  keys list CUSTOMER
  keys create CUSTOMER --name NAME --scopes send,read,manage [--mode live|test] [--expires-at TIME]
                       [--allowed-sources RANGE,...]
  keys revoke CUSTOMER KEY-ID
  top-up CUSTOMER AMOUNT [--description TEXT]
  log
CUSTOMER is the id or the user_id. A key is shown once, when it is created.
limits: --parts-per-minute N, --parts-burst N, --requests-per-second N; none for the tier's.`

const LISTS = new Set(['scopes', 'allowed-sources'])
const NUMBERS = new Set(['user-id', 'parts-per-minute', 'parts-burst', 'requests-per-second'])
const CONNECTIONS = { maxOpenConns: 2, maxIdleConns: 1, connMaxLifetimeSeconds: 60 }

const { command, input } = readCommand(process.argv.slice(2))
const { values, faults } = readSettings(process.env, { DATABASE_URL: SETTINGS.DATABASE_URL })
if (faults.length > 0) fail(faults.join('\n'), 2)
const db = openDb({ ...CONNECTIONS, url: values.DATABASE_URL ?? '' })
try {
  const context = { db, newId: identifierMaker(() => databaseNowMs(db)) }
  console.log(JSON.stringify(await command(context, input), undefined, 2))
} catch (error) {
  console.error(`admin: ${describe(error as Error)}`)
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
    const text = { type: 'string' } as const
    const { values: given, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        ...{ name: text, tier: text, 'user-id': text, scopes: text, mode: text },
        ...{ 'parts-per-minute': text, 'parts-burst': text, 'requests-per-second': text },
        ...{ 'expires-at': text, 'allowed-sources': text, description: text },
        help: { type: 'boolean', short: 'h' },
      },
    })
    const { help, ...options } = given
    if (help) {
      console.log(USAGE)
      process.exit(0)
    }
    for (const length of [2, 1]) {
      const command = COMMANDS[positionals.slice(0, length).join(' ')]
      if (command)
        return { command, input: { words: positionals.slice(length), options: toMembers(options) } }
    }
    throw new Error('say which command')
  } catch (error) {
    return fail(`${(error as Error).message}\n${USAGE}`, 2)
  }
}

/** Options as the API's body has them: `--parts-per-minute none` is `parts_per_minute: null`. */
function toMembers(options: Record<string, string | undefined>): Record<string, unknown> {
  const toValue = (name: string, value = '') => {
    if (LISTS.has(name)) return value.split(',').map((word) => word.trim())
    if (!NUMBERS.has(name)) return value
    return value === 'none' ? null : Number(value)
  }
  return Object.fromEntries(
    Object.entries(options).map(([name, value]) => [name.replaceAll('-', '_'), toValue(name, value)]),
  )
}

function fail(message: string, code: number): never {
  console.error(`admin: ${message}`)
  process.exit(code)
}
