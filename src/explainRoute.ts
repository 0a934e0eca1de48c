// The command `npm run route`: says which operators a message would go to, in which order, and why.
import { parseArgs } from 'node:util'
import {
  describeChoice,
  indexRoutes,
  listOperators,
  NO_CONDITIONS,
  operatorsByUrl,
  readHealth,
  readOperatorsFile,
  WEIGHT_DEFAULT,
} from './operators/index.ts'
import type { OperatorsFile, OperatorState, Routable } from './operators/index.ts'
import { readSettings } from './platform/config/index.ts'
import { closeDb, openDb, read } from './platform/db/index.ts'
import { CLASSES } from './primitives/messageClass.ts'
import type { MessageClass } from './primitives/messageClass.ts'
import { parseWholeNumber } from './primitives/wholeNumber.ts'
import { SETTINGS } from './roles/settings.ts'

const USAGE = `usage: npm run route -- NUMBER ${CLASSES.join('|')} [--customer USER-ID] [--sender SENDER] [--health]
The operators are those of OPERATORS_FILE, or of OPERATOR_A_URL and OPERATOR_B_URL.
With --health, what they do at the moment, and which are paused or drained, is read from DATABASE_URL; otherwise all
count as healthy and active.`
/** As long as a secret has to be at least. */
const UNKNOWN_SECRET = 'not-known-so-far'
/** The addresses alone decide nothing here. */
const ANY = { connections: 2, batchSizeMax: 1, idleTimeoutMs: 1_000 }

// First, because help needs no settings.
const message = readMessage(process.argv.slice(2))
const routes = indexRoutes(readFile())
const { states, ...known } = message.withHealth ? await readMoment() : { states: undefined }
const conditions = { ...NO_CONDITIONS, ...known }
const { operators, reason, lines } = describeChoice(routes, message, conditions, states)
console.log([reason, ...lines.map((line) => `  ${line}`)].join('\n'))
if (operators.length === 0) process.exitCode = 1

function readMessage(args: string[]): Routable & { withHealth: boolean } {
  try {
    const text = { type: 'string' } as const
    const flag = { type: 'boolean' } as const
    const options = { customer: text, sender: text, health: flag, help: { ...flag, short: 'h' } } as const
    const { values, positionals } = parseArgs({ args, allowPositionals: true, options })
    if (values.help) {
      console.log(USAGE)
      process.exit(0)
    }
    const [to = '', type = '', ...others] = positionals
    if (!/^\+?[0-9]{5,15}$/.test(to))
      throw new Error('the number must be 5 to 15 digits, with or without a plus')
    if (!CLASSES.includes(type as MessageClass) || others.length > 0)
      throw new Error(`say the class: ${CLASSES.join(' or ')}`)
    // Without one, no route for a customer counts: they are numbered from 1.
    const userId = values.customer === undefined ? 0 : parseWholeNumber(values.customer)
    if (userId === undefined) throw new Error('the customer must be its number')
    const routable = { to, type: type as MessageClass, userId, sender: values.sender ?? null }
    // One of the messages that there may be: another one may draw another operator.
    return { ...routable, reference: '', withHealth: values.health ?? false }
  } catch (error) {
    return fail(`${(error as Error).message}\n${USAGE}`)
  }
}

function readFile(): OperatorsFile {
  const { OPERATORS_FILE, OPERATOR_A_URL, OPERATOR_B_URL } = SETTINGS
  const { values, faults } = readSettings(process.env, { OPERATORS_FILE, OPERATOR_A_URL, OPERATOR_B_URL })
  if (faults.length > 0) return fail(faults.join('\n'))
  if (values.OPERATORS_FILE === undefined) {
    const operators = operatorsByUrl([values.OPERATOR_A_URL, values.OPERATOR_B_URL], ANY)
    return operators.length > 0 ? { operators, routes: [] } : fail('set OPERATORS_FILE or OPERATOR_A_URL')
  }
  // Routes are explained where the secrets are not known.
  const file = readOperatorsFile(values.OPERATORS_FILE, (name) => process.env[name] || UNKNOWN_SECRET)
  return 'faults' in file ? fail(file.faults.map((fault) => `OPERATORS_FILE ${fault}`).join('\n')) : file
}

/** What the operators do at the moment, and what a person made of them. */
interface Moment {
  healthOf: (typeof NO_CONDITIONS)['healthOf']
  controlWeightOf: (typeof NO_CONDITIONS)['controlWeightOf']
  states: ReadonlyMap<string, OperatorState>
}

async function readMoment(): Promise<Moment> {
  const { values, faults } = readSettings(process.env, { DATABASE_URL: SETTINGS.DATABASE_URL })
  if (faults.length > 0 || !values.DATABASE_URL) return fail(faults.join('\n') || 'set DATABASE_URL')
  const db = openDb({
    maxOpenConns: 1,
    maxIdleConns: 1,
    connMaxLifetimeSeconds: 60,
    url: values.DATABASE_URL,
  })
  try {
    const listed = await read(db, 'operators.explain_route', listOperators)
    const weights = new Map(listed.map(({ name, weight }) => [name, weight / WEIGHT_DEFAULT]))
    return {
      controlWeightOf: (name) => weights.get(name) ?? 1,
      healthOf: await readHealth(db, routes.healthPrefixes ?? new Set()),
      states: new Map(listed.map(({ name, state }) => [name, state])),
    }
  } catch (error) {
    return fail((error as Error).message)
  } finally {
    await closeDb(db)
  }
}

function fail(message: string): never {
  console.error(`route: ${message}`)
  process.exit(2)
}
