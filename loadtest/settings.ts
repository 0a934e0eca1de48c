import { z } from 'zod'
import { answerHelp } from '../dev/commands/help.ts'
import { durationText, oneOf, readSettings, urlText, wholeNumberText } from '../src/platform/config/index.ts'
import type { Settings, Values } from '../src/platform/config/index.ts'
import { readFlags } from './flags.ts'
import { SKEWS } from './generator/index.ts'
import { assertMakeVariables } from './makeVariables.ts'

/** An explicit consent, because load on another owner's machine is an attack. */
export const MAY_LOAD_REMOTE = 'yes-i-may-load-that-machine'

/** Lower numbers are used by people and other tools. */
const FIRST_CUSTOMER = 1_000_001
const CUSTOMER_MAX = 1_000_000_000_000

const WHERE = {
  DATABASE_URL: {
    schema: urlText(['mysql'], { needsPath: true }),
    meaning: 'Database of the target, for the audit; by default that of `make up`.',
  },
  FIRST_CUSTOMER: {
    schema: wholeNumberText(1, CUSTOMER_MAX),
    default: String(FIRST_CUSTOMER),
    meaning: 'Number of the first customer; the others follow.',
  },
  ALLOW_REMOTE: {
    schema: oneOf(['no', MAY_LOAD_REMOTE]),
    default: 'no',
    meaning: `Set to ${MAY_LOAD_REMOTE} for a target that is not on this machine.`,
  },
} satisfies Settings

const LOAD = {
  ...WHERE,
  BASE_URL: { schema: urlText(['http', 'https']), meaning: 'URL of the API; by default that of `make up`.' },
  RATE: { schema: wholeNumberText(1, 20_000), default: '100', meaning: 'Requests offered a second.' },
  DURATION: {
    schema: durationText(3_600_000),
    default: '10s',
    meaning: 'Duration of the measured load, such as 10s or 5m.',
  },
  WARM_UP: {
    schema: durationText(600_000),
    default: '0s',
    meaning: 'Duration of the warm-up at the same rate, excluded from the figures.',
  },
  CUSTOMERS: {
    schema: wholeNumberText(1, 100_000),
    default: '100',
    meaning: 'Number of customers that send.',
  },
  SKEW: {
    schema: oneOf(SKEWS),
    default: 'uniform',
    meaning:
      'Distribution of requests over customers: uniform, zipf (the n-th customer sends 1/n of the first) or one.',
  },
  SEED: {
    schema: wholeNumberText(0, 4_294_967_295),
    default: '1',
    meaning: 'Seed of the random choice of customers.',
  },
  RECIPIENTS: { schema: wholeNumberText(1, 10_000), default: '1', meaning: 'Recipients per request.' },
  EXPRESS: { schema: shareText(), default: '0.2', meaning: 'Share of express requests, from 0 to 1.' },
  PRICE: {
    schema: wholeNumberText(1, 1_000_000),
    default: '3',
    meaning: 'Highest price of a recipient; customers are topped up accordingly.',
  },
  CONNECTIONS: {
    schema: wholeNumberText(1, 1_000),
    default: '128',
    meaning: 'HTTP connections, one request in flight on each; latency includes the wait for one.',
  },
  SEED_METHOD: {
    schema: oneOf(['http', 'sql']),
    default: 'http',
    meaning: 'Top-ups through the API (http) or through the ledger of DATABASE_URL (sql).',
  },
  SEED_ONLY: { schema: oneOf(['0', '1']), default: '0', meaning: '1 tops customers up and sends nothing.' },
  DRAIN_TIMEOUT: {
    schema: durationText(3_600_000),
    default: '120s',
    meaning: 'How long to wait after the load for accepted messages to finish.',
  },
  REPORTS_FOLDER: {
    schema: z.string(),
    meaning: 'Folder of the reports; by default `.local/reports`.',
  },
} satisfies Settings

const SEED = {
  ...WHERE,
  N: { schema: wholeNumberText(1, 10_000_000), default: '1000', meaning: 'Number of customers.' },
  BALANCE: {
    schema: wholeNumberText(1, 1_000_000_000),
    default: '1000',
    meaning: 'Amount added to each balance.',
  },
} satisfies Settings

export { LOAD as LOAD_SETTINGS, SEED as SEED_SETTINGS }

export type LoadSettings = Values<typeof LOAD>
export type SeedSettings = Values<typeof SEED>
export type WhereSettings = Values<typeof WHERE>

/**
 * Reads flags and the environment; a flag takes precedence over a variable.
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

/** Short names in an environment resemble N or SEED and would be reported as misspelled. */
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
