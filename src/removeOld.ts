// The command `npm run retention`: what of old rows goes, when, and why not.
import { withinDefaults } from './audit/index.ts'
import { readSettings } from './platform/config/index.ts'
import { closeDb, databaseNowMs, openDb, read } from './platform/db/index.ts'
import type { Db } from './platform/db/index.ts'
import { describePlan, planWeeks, removeNow } from './retention/index.ts'
import type { RetentionEvents } from './retention/index.ts'
import { readHistoryBegins, historyBeginsAt } from './history/index.ts'
import { SETTINGS } from './roles/settings.ts'
import { RETENTION_SETTINGS, findRetentionFaults, retentionOf } from './roles/settings/retention.ts'

const USAGE = `usage: npm run retention -- status|plan|run
  status  where messages and ledger begin, and the week that goes next
  plan    each week, whether it goes, and what stands against it; changes nothing
  run     removes now what is due, without the rests of a relay; ends when nothing more can go
RETENTION_MESSAGES, RETENTION_LEDGER, RETENTION_TEXTS and ARCHIVE_FOLDER have to be those of the relay.`

const CONNECTIONS = { maxOpenConns: 4, maxIdleConns: 2, connMaxLifetimeSeconds: 300 }
const ACTIONS = ['status', 'plan', 'run'] as const
type Action = (typeof ACTIONS)[number]

const action = readAction(process.argv.slice(2))
const { values, faults } = readSettings(process.env, {
  DATABASE_URL: SETTINGS.DATABASE_URL,
  VALIDITY_NORMAL: SETTINGS.VALIDITY_NORMAL,
  VALIDITY_EXPRESS: SETTINGS.VALIDITY_EXPRESS,
  ...RETENTION_SETTINGS,
})
faults.push(...findRetentionFaults(values))
if (faults.length > 0) fail(faults.join('\n'), 2)
const databaseUrl = values.DATABASE_URL ?? ''
const { kept, archiveFolder, numberKey } = retentionOf(values)
const db = openDb({ ...CONNECTIONS, url: databaseUrl })
try {
  if (action === 'run') await run(db)
  else await show(db, action)
} catch (error) {
  const { message, cause } = error as Error
  console.error(`retention: ${message}${cause instanceof Error ? ` (${cause.message})` : ''}`)
  process.exitCode = 1
} finally {
  await closeDb(db)
}

async function show(db: Db, action: 'status' | 'plan'): Promise<void> {
  const begins = await read(db, 'retention.begins', readHistoryBegins)
  console.log(`messages begin ${historyBeginsAt(begins.messages) ?? 'with the first one'}`)
  console.log(`the ledger begins ${historyBeginsAt(begins.ledger) ?? 'with its first row'}`)
  const plan = await planWeeks(db, { databaseUrl, kept, nowMs: databaseNowMs(db) })
  const lines = await describePlan(db, plan, kept)
  const shown = action === 'plan' ? lines : lines.filter((line) => !line.includes('  stays'))
  for (const line of shown) console.log(line)
}

async function run(db: Db): Promise<void> {
  const limits = withinDefaults()
  const isOurs = await removeNow({
    db,
    databaseUrl,
    kept,
    limits,
    archiveFolder,
    numberKey,
    events: printing(),
  })
  if (isOurs) return console.log('nothing more can go now')
  console.error('retention: a relay is removing; it goes on by itself')
  process.exitCode = 1
}

function printing(): RetentionEvents {
  const weekOf = (belowMs: number) => new Date(belowMs).toISOString().slice(0, 10)
  return {
    held: ({ week: { kind, belowMs }, reason, error }) =>
      console.log(
        `${kind} before ${weekOf(belowMs)}: kept, ${reason}${error instanceof Error ? ` (${error.message})` : ''}`,
      ),
    free: () => {},
    removed: ({ kind, belowMs }) => console.log(`${kind} before ${weekOf(belowMs)}: removed`),
    textsRemoved: (messages) => console.log(`texts of ${messages} messages: removed`),
    left: () => {},
    failed: ({ error }) => console.error(error),
  }
}

function readAction(args: string[]): Action {
  if (args.includes('--help') || args.includes('-h')) {
    console.log(USAGE)
    process.exit(0)
  }
  const [action] = args
  const known = ACTIONS.find((each) => each === action)
  return known && args.length === 1 ? known : fail(USAGE, 2)
}

function fail(message: string, code: number): never {
  console.error(`retention: ${message}`)
  process.exit(code)
}
