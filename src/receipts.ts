// The command `npm run receipts`: receipts of operators that matched no message.
import { parseArgs } from 'node:util'
import { RECEIPTS_DEFAULT } from './operators/index.ts'
import { readSettings } from './platform/config/index.ts'
import { closeDb, openDb } from './platform/db/index.ts'
import type { Db } from './platform/db/index.ts'
import { isIdentifier } from './primitives/identifier.ts'
import { listReceipts, retryOrphans } from './receipts/index.ts'
import type { ReceiptView } from './receipts/index.ts'
import { SETTINGS } from './roles/settings.ts'

const USAGE = `usage: npm run receipts -- list [--waiting] [--json]
       npm run receipts -- retry ID... | --all
  list   shows receipts that matched no message for a day, or cannot be read, newest first
         --waiting: receipts that are still tried
  retry  tries listed ones once more, as after a change of the operators' file
ID is the receipt's identifier, as list shows it.`

/** More than a person reads; retry --all takes as many. */
const LISTED_MAX = 1_000
const RAW_CHARS_MAX = 200
const CONNECTIONS = { maxOpenConns: 2, maxIdleConns: 1, connMaxLifetimeSeconds: 60 }

type Command =
  | { action: 'list'; state: 'waiting' | 'orphan'; asJson: boolean }
  | { action: 'retry'; ids: string[] | 'all' }

const command = readCommand(process.argv.slice(2))
const { values, faults } = readSettings(process.env, { DATABASE_URL: SETTINGS.DATABASE_URL })
if (faults.length > 0) fail(faults.join('\n'), 2)
const db = openDb({ ...CONNECTIONS, url: values.DATABASE_URL ?? '' })
try {
  if (command.action === 'list') await list(db, command)
  else await retry(db, command.ids)
} catch (error) {
  const { message, cause } = error as Error
  console.error(`receipts: ${message}${cause instanceof Error ? ` (${cause.message})` : ''}`)
  process.exitCode = 1
} finally {
  await closeDb(db)
}

async function list(
  db: Db,
  { state, asJson }: { state: 'waiting' | 'orphan'; asJson: boolean },
): Promise<void> {
  const { items, nextBefore } = await listReceipts(db, { state, limit: LISTED_MAX }, () => RECEIPTS_DEFAULT)
  if (asJson) return console.log(JSON.stringify(items.map(toJson), undefined, 2))
  const word = state === 'orphan' ? 'matched no message' : 'waits for a message'
  console.log(items.length === 0 ? `no receipt ${word}` : `${items.length} receipts:`)
  for (const { id, operator, reason, raw, receivedAt } of items) {
    console.log(`  ${id}  ${operator}  ${receivedAt.toISOString()}  ${reason ?? 'not tried yet'}`)
    console.log(`    ${raw.toString('utf8').slice(0, RAW_CHARS_MAX)}`)
  }
  if (nextBefore !== null) console.log(`only the newest ${LISTED_MAX} are shown`)
}

function toJson({ id, state, operator, protocol, reason, raw, receivedAt }: ReceiptView) {
  return { id, state, operator, protocol, reason, raw: raw.toString('utf8'), received_at: receivedAt }
}

async function retry(db: Db, ids: string[] | 'all'): Promise<void> {
  const chosen = ids === 'all' ? await listIds(db) : ids
  const count = await retryOrphans(db, chosen)
  console.log(`${count} of ${chosen.length} receipts are tried again`)
}

async function listIds(db: Db): Promise<string[]> {
  const page = await listReceipts(db, { state: 'orphan', limit: LISTED_MAX }, () => RECEIPTS_DEFAULT)
  return page.items.map(({ id }) => id)
}

function readCommand(args: string[]): Command {
  try {
    const { values: options, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        json: { type: 'boolean' },
        waiting: { type: 'boolean' },
        all: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    })
    if (options.help) {
      console.log(USAGE)
      process.exit(0)
    }
    const [action, ...ids] = positionals
    if (action === 'list' && ids.length === 0)
      return { action, state: options.waiting ? 'waiting' : 'orphan', asJson: options.json === true }
    if (action !== 'retry')
      throw new Error(action === undefined ? 'no action given' : `unknown action ${action}`)
    if (options.all && ids.length === 0) return { action, ids: 'all' }
    const wrong = ids.find((id) => !isIdentifier(id))
    if (wrong !== undefined) throw new Error(`${wrong} is not an identifier`)
    if (ids.length === 0 || ids.length > LISTED_MAX)
      throw new Error(`1 to ${LISTED_MAX} identifiers, or --all`)
    return { action, ids }
  } catch (error) {
    return fail(`${(error as Error).message}\n${USAGE}`, 2)
  }
}

function fail(message: string, code: number): never {
  console.error(`receipts: ${message}`)
  process.exit(code)
}
