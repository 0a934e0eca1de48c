import { randomBytes } from 'node:crypto'
import { TEST_OPERATOR } from '../../src/operators/index.ts'
import type { StopList } from '../processes/stopList.ts'
import { nextFreePort } from '../servers/ports.ts'
import { smppUrlOf, startSimulator, type Program } from './programs.ts'
import { logFileOf, programPart, type StackPart } from './state.ts'

export interface SimulatedOperatorsOptions {
  env: NodeJS.ProcessEnv
  /** Where their receipts go. */
  apiPort: number
  logsFolder: string
}

/** What `make up` sends messages to. */
export interface SimulatedOperators {
  parts: StackPart[]
  /** Of the engine: where they are, unless the caller has an operators' file, and the secret of their receipts. */
  settings: NodeJS.ProcessEnv
}

// Any seeds will do, as long as the operators do not fail in step. SMPP 3.4 has port 2775.
const OPERATORS = [
  { name: 'operator-a', seed: 1, port: 9001, smppPort: 2775 },
  { name: 'operator-b', seed: 2, port: 9002, smppPort: 2776 },
] as const
const OF_TEST_KEYS = { name: TEST_OPERATOR, seed: 3, port: 9003 }

const SECRET_BYTES = 24
const MOCK_RATES = ['MOCK_SUCCESS_RATE', 'MOCK_TEMP_FAIL_RATE', 'MOCK_PERM_FAIL_RATE']
/** What the environment may say of them. */
export const SIMULATOR_SETTINGS = MOCK_RATES

/** Starts A and B, which speak HTTP and SMPP, and the one that gets what test keys send; each on its port or the next free one. */
export async function startSimulatedOperators(
  { env, apiPort, logsFolder }: SimulatedOperatorsOptions,
  stopList: StopList,
): Promise<SimulatedOperators> {
  const secret = env['RECEIPTS_SECRET'] || randomBytes(SECRET_BYTES).toString('base64url')
  const start = async ({
    name,
    seed,
    port,
    smppPort,
  }: {
    name: string
    seed: number
    port: number
    smppPort?: number
  }) => {
    const operator = await startSimulator({
      ...{ name, seed, port: await nextFreePort(port), logFile: logFileOf(name, logsFolder) },
      ...(smppPort !== undefined && { smpp: { port: await nextFreePort(smppPort) } }),
      env: {
        RECEIPTS_URL: `http://127.0.0.1:${apiPort}/operators/${name}/receipts`,
        RECEIPTS_SECRET: secret,
        // The operator of test messages stays a perfect one.
        ...(name === TEST_OPERATOR ? {} : Object.fromEntries(MOCK_RATES.map((rate) => [rate, env[rate]]))),
      },
    })
    stopList.add(() => operator.stop())
    return operator
  }
  const [a, b, ofTestKeys] = [await start(OPERATORS[0]), await start(OPERATORS[1]), await start(OF_TEST_KEYS)]
  return {
    parts: [
      operatorPart(a, smppUrlOf(a)),
      operatorPart(b, smppUrlOf(b)),
      operatorPart(ofTestKeys, 'gets what test keys send'),
    ],
    settings: { ...operatorSettings(env, a, b), TEST_OPERATOR_URL: ofTestKeys.url, RECEIPTS_SECRET: secret },
  }
}

/** An operators' file replaces the addresses, and finds them in variables: docs/operators/simulated.yml. */
function operatorSettings(env: NodeJS.ProcessEnv, a: Program, b: Program): NodeJS.ProcessEnv {
  if (!env['OPERATORS_FILE']) return { OPERATOR_A_URL: a.url, OPERATOR_B_URL: b.url }
  return {
    OPERATORS_FILE: env['OPERATORS_FILE'],
    SIMULATOR_A_HTTP: new URL(a.url).host,
    SIMULATOR_A_SMPP: new URL(smppUrlOf(a)).host,
    SIMULATOR_B_HTTP: new URL(b.url).host,
    SIMULATOR_B_SMPP: new URL(smppUrlOf(b)).host,
  }
}

function operatorPart(operator: Program, ...notes: string[]): StackPart {
  return programPart(operator, operator.name, [...notes, 'simulator; control API at /admin'])
}
