// The command `npm run quarantine`: messages that are neither sent nor refunded until a person decides.
import { parseArgs } from 'node:util'
import { decideQuarantined } from './delivery/index.ts'
import type { Decided, QuarantineDecision } from './delivery/index.ts'
import { listQuarantine } from './messages/index.ts'
import type { QuarantinedRecipient, RecipientKey } from './messages/index.ts'
import { readSettings } from './platform/config/index.ts'
import { closeDb, databaseNowMs, openDb, read } from './platform/db/index.ts'
import type { Db } from './platform/db/index.ts'
import { identifierMaker, isIdentifier } from './primitives/identifier.ts'
import { SETTINGS } from './roles/settings.ts'

const USAGE = `usage: npm run quarantine -- list [--json]
       npm run quarantine -- sent|failed|retry ID:NO [--operator NAME]
  list    shows each message with its recipient's number and the reason
  sent    an operator took it; --operator names which one
  failed  it is not sent, and its price is refunded
  retry   it is submitted again, under the same reference and marked as a possible duplicate
ID:NO is the message's identifier and the recipient's number in it, as list shows them.`

/** More than a person decides; the rest shows when these are decided. */
const LISTED_MAX = 1_000
const CONNECTIONS = { maxOpenConns: 2, maxIdleConns: 1, connMaxLifetimeSeconds: 60 }
const RECIPIENT_NO_MAX = 65_535
const UNNAMED_OPERATOR = 'unknown'
const OPERATOR_NAME = /^[\w.-]{1,50}$/

const RESULTS: Record<Decided, string> = {
  decided: 'decided',
  not_quarantined: 'is not quarantined; nothing was changed',
  unknown_message: 'no such message or recipient; nothing was changed',
}

type Command =
  { action: 'list'; asJson: boolean } | { action: 'decide'; key: RecipientKey; decision: QuarantineDecision }

const command = readCommand(process.argv.slice(2))
const { values, faults } = readSettings(process.env, { DATABASE_URL: SETTINGS.DATABASE_URL })
if (faults.length > 0) fail(faults.join('\n'), 2)
const db = openDb({ ...CONNECTIONS, url: values.DATABASE_URL ?? '' })
try {
  if (command.action === 'list') await list(db, command.asJson)
  else await decide(db, command.key, command.decision)
} catch (error) {
  const { message, cause } = error as Error
  console.error(`quarantine: ${message}${cause instanceof Error ? ` (${cause.message})` : ''}`)
  process.exitCode = 1
} finally {
  await closeDb(db)
}

async function list(db: Db, asJson: boolean): Promise<void> {
  const found = await read(db, 'quarantine.list', (reader) => listQuarantine(reader, LISTED_MAX))
  if (asJson) return console.log(JSON.stringify(found.map(toJson), undefined, 2))
  console.log(found.length === 0 ? 'no message is quarantined' : `${found.length} quarantined:`)
  for (const { smsIdentifier, recipientNo, userId, reason, createdAt } of found) {
    console.log(`  ${smsIdentifier}:${recipientNo}  customer ${userId}  since ${createdAt.toISOString()}`)
    console.log(`    ${reason}`)
  }
  if (found.length === LISTED_MAX) console.log(`only the first ${LISTED_MAX} are shown`)
}

function toJson({ smsIdentifier, recipientNo, userId, reason, createdAt }: QuarantinedRecipient) {
  return {
    sms_identifier: smsIdentifier,
    recipient_no: recipientNo,
    user_id: userId,
    reason,
    created_at: createdAt,
  }
}

async function decide(db: Db, key: RecipientKey, decision: QuarantineDecision): Promise<void> {
  const newId = identifierMaker(() => databaseNowMs(db))
  const result = await decideQuarantined({ db, newId }, key, decision)
  const line = `${key.smsIdentifier}:${key.recipientNo}: ${RESULTS[result]}`
  if (result === 'decided') return console.log(`${line} as ${decision.kind}`)
  console.error(`quarantine: ${line}`)
  process.exitCode = 1
}

function readCommand(args: string[]): Command {
  try {
    const { values: options, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        json: { type: 'boolean' },
        operator: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    })
    if (options.help) {
      console.log(USAGE)
      process.exit(0)
    }
    const [action, target, ...rest] = positionals
    if (rest.length > 0) throw new Error('one message at a time')
    if (action === 'list' && target === undefined) return { action: 'list', asJson: options.json === true }
    const decision = toDecision(action, options.operator)
    if (!decision) throw new Error(action === undefined ? 'no action given' : `unknown action ${action}`)
    return { action: 'decide', key: toKey(target), decision }
  } catch (error) {
    return fail(`${(error as Error).message}\n${USAGE}`, 2)
  }
}

function toDecision(action: string | undefined, operator = UNNAMED_OPERATOR): QuarantineDecision | undefined {
  if (action === 'failed' || action === 'retry') return { kind: action }
  if (action !== 'sent') return undefined
  if (!OPERATOR_NAME.test(operator)) throw new Error('--operator is the name of an operator')
  return { kind: 'sent', provider: operator }
}

function toKey(target = ''): RecipientKey {
  const [smsIdentifier = '', no = '', ...rest] = target.split(':')
  const recipientNo = /^[0-9]{1,5}$/.test(no) ? Number(no) : 0
  if (rest.length > 0 || !isIdentifier(smsIdentifier) || recipientNo < 1 || recipientNo > RECIPIENT_NO_MAX)
    throw new Error('expected ID:NO, as list shows it')
  return { smsIdentifier, recipientNo }
}

function fail(message: string, code: number): never {
  console.error(`quarantine: ${message}`)
  process.exit(code)
}
