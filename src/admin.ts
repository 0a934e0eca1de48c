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
  customers create --name NAME [--tier free|basic|premium] [--user-id NUMBER] [--allowed-senders NAME,...]
                   [--on-unknown retry|hold] [--hedge true|false] [--guaranteed-within-ms N] [limits]
  customers show CUSTOMER
  customers change CUSTOMER [--name NAME] [--tier TIER] [--allowed-senders NAME,...]
                            [--on-unknown retry|hold] [--hedge true|false] [--guaranteed-within-ms N] [limits]
  keys list CUSTOMER
  keys create CUSTOMER --name NAME --scopes send,read,manage [--mode live|test] [--expires-at TIME]
                       [--allowed-sources RANGE,...]
  keys revoke CUSTOMER KEY-ID
  top-up CUSTOMER AMOUNT [--description TEXT]
  tariffs list [--customer CUSTOMER]
  tariffs create --per message|part --price AMOUNT [--customer CUSTOMER] [--type normal|express]
                 [--destination-prefix DIGITS] [--valid-from TIME] [--valid-until TIME]
                 [--charging acceptance|hand_over|delivery] [--receipt-wait-seconds N] [--refund-missed]
  tariffs end TARIFF-ID [--valid-until TIME]
  log
CUSTOMER is the id or the user_id. A key is shown once, when it is created.
limits: --parts-per-minute N, --parts-burst N, --requests-per-second N, --spend-per-day AMOUNT,
--spend-per-month AMOUNT; none for the tier's, or no limit.
Messages of a customer may name its allowed senders only; none for any. --on-unknown says whether they are sent again
while it is not known whether an operator took them; none to leave it to their class and operators.
--guaranteed-within-ms is for express messages that do not say it, 200 to 3600000; none for the general one. --hedge says
whether they may go to two operators. --receipt-wait-seconds is for charging by delivery, 1 to 1209600.`

/** What a command needs behind its name. */
const WORDS: Record<string, string[]> = {
  ...{ 'customers show': ['CUSTOMER'], 'customers change': ['CUSTOMER'] },
  ...{ 'keys list': ['CUSTOMER'], 'keys create': ['CUSTOMER'], 'keys revoke': ['CUSTOMER', 'KEY-ID'] },
  ...{ 'top-up': ['CUSTOMER', 'AMOUNT'], 'tariffs end': ['TARIFF-ID'] },
}

const LISTS = new Set(['scopes', 'allowed-sources', 'allowed-senders'])
const NUMBERS = new Set([
  ...['user-id', 'parts-per-minute', 'parts-burst', 'requests-per-second'],
  ...['spend-per-day', 'spend-per-month', 'price', 'guaranteed-within-ms', 'receipt-wait-seconds'],
])
const BOOLEANS = new Set(['hedge'])
const NULLABLE = new Set([...NUMBERS, 'allowed-senders', 'on-unknown'])
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
        ...{ 'spend-per-day': text, 'spend-per-month': text, customer: text, type: text, per: text },
        ...{ 'destination-prefix': text, price: text, 'valid-from': text, 'valid-until': text },
        ...{ 'expires-at': text, 'allowed-sources': text, 'allowed-senders': text, description: text },
        ...{ 'on-unknown': text, hedge: text, 'guaranteed-within-ms': text },
        ...{ charging: text, 'receipt-wait-seconds': text, 'refund-missed': { type: 'boolean' } },
        help: { type: 'boolean', short: 'h' },
      },
    })
    const { help, ...options } = given
    if (help) {
      console.log(USAGE)
      process.exit(0)
    }
    for (const length of [2, 1]) {
      const name = positionals.slice(0, length).join(' ')
      const command = COMMANDS[name]
      if (!command) continue
      const words = positionals.slice(length)
      const missing = (WORDS[name] ?? []).slice(words.length)
      if (missing.length > 0) throw new Error(`${name} needs ${missing.join(' and ')}`)
      return { command, input: { words, options: toMembers(options) } }
    }
    const [group, name = ''] = positionals
    throw new Error(
      group === undefined ? 'say which command' : `there is no command "${`${group} ${name}`.trimEnd()}"`,
    )
  } catch (error) {
    return fail(`${(error as Error).message}\n${USAGE}`, 2)
  }
}

/** Options as the API's body has them: `--parts-per-minute none` is `parts_per_minute: null`. */
function toMembers(options: Record<string, string | boolean | undefined>): Record<string, unknown> {
  const toValue = (name: string, value: string | boolean = '') => {
    if (typeof value === 'boolean') return value
    // What is neither is left for the schema to refuse.
    if (BOOLEANS.has(name) && (value === 'true' || value === 'false')) return value === 'true'
    if (NULLABLE.has(name) && value === 'none') return null
    if (LISTS.has(name)) return value.split(',').map((word) => word.trim())
    return NUMBERS.has(name) ? Number(value) : value
  }
  return Object.fromEntries(
    Object.entries(options).map(([name, value]) => [name.replaceAll('-', '_'), toValue(name, value)]),
  )
}

function fail(message: string, code: number): never {
  console.error(`admin: ${message}`)
  process.exit(code)
}
