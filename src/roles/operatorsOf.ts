import {
  operatorByUrl,
  operatorsByUrl,
  readOperatorsFile,
  RECEIPTS_DEFAULT,
  TEST_OPERATOR,
} from '../operators/index.ts'
import type { ChaparHttpOptions, OperatorConfig, OperatorsFile } from '../operators/index.ts'
import type { Values } from '../platform/config/index.ts'
import { CLASSES } from '../primitives/messageClass.ts'
import type { SETTINGS } from './settings.ts'

type Settled = Values<typeof SETTINGS>

/** The operators: from OPERATORS_FILE, or A and B. Only a consumer has to have some. */
export function operatorsOf(values: Partial<Settled>): OperatorsFile & { faults: string[] } {
  const { OPERATORS_FILE: file, OPERATOR_A_URL: a, OPERATOR_B_URL: b } = values
  if (!values.ROLE?.some((role) => role !== 'relay')) return { operators: [], routes: [], faults: [] }
  if (file !== undefined) {
    const read = readOperatorsFile(file)
    const faults = 'faults' in read ? read.faults.map((fault) => `OPERATORS_FILE ${fault}`) : []
    if (a !== undefined || b !== undefined)
      faults.push('OPERATORS_FILE replaces OPERATOR_A_URL and OPERATOR_B_URL: set one or the other')
    return { ...('faults' in read ? { operators: [], routes: [] } : read), faults }
  }
  const isMissing = values.ROLE.includes('consumer') && 'OPERATOR_A_URL' in values && a === undefined
  const operators = operatorsByUrl([a, b], adapterOptionsOf(values))
  const faults = isMissing ? ['OPERATOR_A_URL is required with the role consumer'] : []
  return { operators, routes: [], faults }
}

/** @returns a fault if a live operator has the address of the test operator. */
export function findLive(testUrl: string | undefined, operators: readonly OperatorConfig[]): string[] {
  const urls = operators.flatMap((operator) => ('url' in operator ? new URL(operator.url).href : []))
  if (testUrl === undefined || !urls.includes(new URL(testUrl).href)) return []
  return ['TEST_OPERATOR_URL must not be the address of another operator: it would send free messages']
}

function adapterOptionsOf(values: Partial<Settled>): Omit<ChaparHttpOptions, 'url'> {
  return {
    // Each class makes this many concurrent calls.
    connections: (values.OPERATOR_CONCURRENCY ?? 1) * CLASSES.length,
    batchSizeMax: values.OPERATOR_BATCH_MAX ?? 1,
    idleTimeoutMs: values.OPERATOR_IDLE_TIMEOUT ?? 1,
    ...(values.RECEIPTS_SECRET !== undefined && {
      receipts: { ...RECEIPTS_DEFAULT, secret: values.RECEIPTS_SECRET },
    }),
  }
}

export function testOperatorOf(values: Settled): OperatorConfig | undefined {
  const { TEST_OPERATOR_URL: url } = values
  if (url === undefined || values.ROLE.every((role) => role === 'relay')) return undefined
  return operatorByUrl({ ...adapterOptionsOf(values), name: TEST_OPERATOR, url })
}
