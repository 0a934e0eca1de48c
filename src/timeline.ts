// The command `npm run timeline`: where a message is and why, from the tables.
import { parseArgs } from 'node:util'
import { normalizeNumber } from './numbers/index.ts'
import type { Region } from './numbers/index.ts'
import { readOperatorsFile } from './operators/index.ts'
import type { RouteIndex } from './operators/index.ts'
import { readSettings } from './platform/config/index.ts'
import { closeDb, openDb } from './platform/db/index.ts'
import { digitsOf } from './primitives/address.ts'
import { isIdentifier } from './primitives/identifier.ts'
import { parseWholeNumber } from './primitives/wholeNumber.ts'
import { openRoutes } from './roles/openRoutes.ts'
import { SETTINGS } from './roles/settings.ts'
import { describeTimeline, readTimeline } from './timeline/index.ts'
import type { TimelineQuery } from './timeline/index.ts'

const USAGE = `usage: npm run timeline -- ID [--to NUMBER] [--after NO] [--json]
shows what happened to a message, and what it waits for
  --to     only this recipient
  --after  the recipients behind this one: ${'`'}recipient NO${'`'}; ten are shown at once
  --json   as the tables have it
ID is the message's identifier. A national NUMBER is read in DEFAULT_REGION, and routes are those of OPERATORS_FILE.`

const RECIPIENTS_MAX = 10
/** Routes are explained where the secrets are not known. */
const UNKNOWN_SECRET = 'not-known-so-far'
const CONNECTIONS = { maxOpenConns: 2, maxIdleConns: 1, connMaxLifetimeSeconds: 60 }

const { DATABASE_URL, DEFAULT_REGION, OPERATORS_FILE } = SETTINGS
const { values, faults } = readSettings(process.env, { DATABASE_URL, DEFAULT_REGION, OPERATORS_FILE })
const { query, asJson } = readCommand(process.argv.slice(2), values.DEFAULT_REGION)
if (faults.length > 0) fail(faults.join('\n'), 2)
const db = openDb({ ...CONNECTIONS, url: values.DATABASE_URL ?? '' })
try {
  const timeline = await readTimeline(db, query, readRoutes(values.OPERATORS_FILE))
  if (!timeline) {
    console.error(`timeline: there is no message ${query.smsIdentifier}`)
    process.exitCode = 1
  } else if (asJson) console.log(JSON.stringify(timeline, undefined, 2))
  else {
    for (const line of describeTimeline(timeline)) console.log(line)
    if (timeline.nextAfter !== null) console.log(`there are more: --after ${timeline.nextAfter}`)
  }
} catch (error) {
  const { message, cause } = error as Error
  console.error(`timeline: ${message}${cause instanceof Error ? ` (${cause.message})` : ''}`)
  process.exitCode = 1
} finally {
  await closeDb(db)
}

function readCommand(args: string[], region: Region | undefined): { query: TimelineQuery; asJson: boolean } {
  try {
    const text = { type: 'string' } as const
    const { values: options, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        ...{ to: text, after: text, json: { type: 'boolean' } },
        help: { type: 'boolean', short: 'h' },
      },
    })
    if (options.help) {
      console.log(USAGE)
      process.exit(0)
    }
    const [smsIdentifier = '', ...rest] = positionals
    if (!isIdentifier(smsIdentifier) || rest.length > 0)
      throw new Error('one identifier of a message is needed')
    const after = parseWholeNumber(options.after ?? '0')
    if (after === undefined) throw new Error('--after is the number of a recipient')
    const toDigits = options.to === undefined ? undefined : toDigitsOf(options.to, region)
    const query = { whose: 'anyone' as const, smsIdentifier, toDigits, limit: RECIPIENTS_MAX, after }
    return { query, asJson: options.json === true }
  } catch (error) {
    return fail(`${(error as Error).message}\n${USAGE}`, 2)
  }
}

/** Without them, a message is taken to go to any operator of its class. */
function readRoutes(path: string | undefined): RouteIndex | undefined {
  if (path === undefined) return undefined
  const file = readOperatorsFile(path, (name) => process.env[name] || UNKNOWN_SECRET)
  if (!('faults' in file)) return openRoutes(file).current()
  console.error(`timeline: without routes, because OPERATORS_FILE ${file.faults.join('; ')}`)
  return undefined
}

function toDigitsOf(to: string, region: Region | undefined): string {
  const read = normalizeNumber(to, region)
  if (read.kind === 'fault') throw new Error(`--to ${read.fault}`)
  return digitsOf(read.number)
}

function fail(message: string, code: number): never {
  console.error(`timeline: ${message}`)
  process.exit(code)
}
