import { z } from 'zod'
import { answerHelp } from '../dev/commands/help.ts'
import { durationText, oneOf, readSettings, urlText, wholeNumberText } from '../src/platform/config/index.ts'
import type { Settings, Values } from '../src/platform/config/index.ts'
import { readFlags } from './flags.ts'
import { SKEWS } from './generator/index.ts'
import { assertMakeVariables } from './makeVariables.ts'

/** In so many words, as `ALLOW_UNAUTHENTICATED` has it: load on somebody else's machine is an attack. */
export const MAY_LOAD_REMOTE = 'yes-i-may-load-that-machine'

/** Above it the numbers of customers that people and other tools use. */
const FIRST_CUSTOMER = 1_000_001
const CUSTOMER_MAX = 1_000_000_000_000

const WHERE = {
  DATABASE_URL: {
    schema: urlText(['mysql'], { needsPath: true }),
    meaning: 'The database of the target, for the audit; by default that of `make up`.',
  },
  FIRST_CUSTOMER: {
    schema: wholeNumberText(1, CUSTOMER_MAX),
    default: String(FIRST_CUSTOMER),
    meaning: 'The first of the customers; the others follow.',
  },
  ALLOW_REMOTE: {
    schema: oneOf(['no', MAY_LOAD_REMOTE]),
    default: 'no',
    meaning: 'Targets other than loopback are refused without it.',
  },
} satisfies Settings

const LOAD = {
  ...WHERE,
  BASE_URL: { schema: urlText(['http', 'https']), meaning: 'The API; by default that of `make up`.' },
  RATE: { schema: wholeNumberText(1, 20_000), default: '100', meaning: 'Requests offered a second.' },
  DURATION: { schema: durationText(3_600_000), default: '10s', meaning: 'For how long, such as 10s or 5m.' },
  WARM_UP: {
    schema: durationText(600_000),
    default: '0s',
    meaning: 'Sent before at the same rate, and left out of the figures.',
  },
  CUSTOMERS: { schema: wholeNumberText(1, 100_000), default: '100', meaning: 'How many customers send.' },
  SKEW: {
    schema: oneOf(SKEWS),
    default: 'uniform',
    meaning:
      'How requests fall to them: all alike, the n-th 1/n as often as the first (zipf), or all to one.',
  },
  SEED: {
    schema: wholeNumberText(0, 4_294_967_295),
    default: '1',
    meaning: 'Of the draw of customers; the same one draws the same.',
  },
  RECIPIENTS: { schema: wholeNumberText(1, 10_000), default: '1', meaning: 'Recipients of each request.' },
  EXPRESS: { schema: shareText(), default: '0.2', meaning: 'The share of express requests.' },
  PRICE: {
    schema: wholeNumberText(1, 1_000_000),
    default: '3',
    meaning: 'What a recipient costs at most: customers are topped up for that much.',
  },
  CONNECTIONS: {
    schema: wholeNumberText(1, 1_000),
    default: '128',
    meaning: 'HTTP connections, and so requests in flight; what is due beyond waits, and its clock runs.',
  },
  SEED_METHOD: {
    schema: oneOf(['http', 'sql']),
    default: 'http',
    meaning: 'How customers are topped up: through the API, or the ledger of DATABASE_URL.',
  },
  SEED_ONLY: { schema: oneOf(['0', '1']), default: '0', meaning: '`1` tops up and sends nothing.' },
  DRAIN_TIMEOUT: {
    schema: durationText(3_600_000),
    default: '120s',
    meaning: 'How long to wait afterwards until all that was accepted has ended.',
  },
  REPORTS_FOLDER: {
    schema: z.string(),
    meaning: 'Where a folder for the report is made; by default in `.local/reports`.',
  },
} satisfies Settings

const SEED = {
  ...WHERE,
  N: { schema: wholeNumberText(1, 10_000_000), default: '1000', meaning: 'How many customers.' },
  BALANCE: {
    schema: wholeNumberText(1, 1_000_000_000),
    default: '1000',
    meaning: 'What each of them is given.',
  },
} satisfies Settings

export type LoadSettings = Values<typeof LOAD>
export type SeedSettings = Values<typeof SEED>
export type WhereSettings = Values<typeof WHERE>

/**
 * Reads flags and the environment; a flag comes before a variable.
 * @throws Error that names every wrong setting, a line each.
 */
export function readLoadSettings(env: NodeJS.ProcessEnv, args: readonly string[] = []): LoadSettings {
  answerHelp('loadtest', args)
  assertMakeVariables(env, Object.keys(LOAD))
  const flags = readFlags(args, { known: Object.keys(LOAD), switches: { SEED_ONLY: '1' } })
  return orThrow(readSettings(onlyOf({ ...env, ...flags }, LOAD), LOAD))
}

/** @throws Error that names every wrong setting, a line each. */
export function readSeedSettings(env: NodeJS.ProcessEnv): SeedSettings {
  answerHelp('seed')
  assertMakeVariables(env, Object.keys(SEED))
  return orThrow(readSettings(onlyOf(env, SEED), SEED))
}

/** Everything short in an environment is nearly N or SEED, and would be taken for a slip of it. */
function onlyOf(env: NodeJS.ProcessEnv, settings: Settings): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.keys(settings).map((name) => [name, env[name]]))
}

function orThrow<V>({ values, faults }: { values: Partial<V>; faults: string[] }): V {
  if (faults.length > 0) throw new Error(faults.join('\n'))
  return values as V
}

function shareText() {
  return z.string().transform((text, check) => {
    const share = Number(text)
    if (text.trim() !== '' && share >= 0 && share <= 1) return share
    check.addIssue({ code: 'custom', message: `must be a share from 0 to 1, is "${text}"` })
    return z.NEVER
  })
}
