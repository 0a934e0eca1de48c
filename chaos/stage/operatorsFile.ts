import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { RECEIPTS_SECRET, SMPP_PASSWORD, SMPP_SYSTEM_ID } from './operators.ts'
import type { StagedOperators } from './operators.ts'

/** Numbers with these prefixes go to the operator that speaks SMPP first: a third of the load's. */
const SMPP_PREFIXES = ['985', '986', '987']
/** The first two of these numbers' operators share them by weight, and health moves the shares while one is ill. */
const WEIGHTED_PREFIX = '984'
/** These go to the operator that charges least: B, as long as it is well. */
const CHEAP_PREFIX = '983'
/** Short, so that links that were cut or fell silent are there again well before a fault must be over. */
const SMPP_TIMERS = {
  ...{ connect: '2s', response: '6s', enquire_link: '2s', reconnect_min: '200ms', reconnect_max: '2s' },
}

/**
 * Writes what OPERATORS_FILE names, as JSON, which is YAML too: every operator is the next one's fallback, whatever its
 * protocol. @returns its path.
 */
export async function writeOperatorsFile(
  folder: string,
  [a, b, c]: StagedOperators['operators'],
): Promise<string> {
  const receipts = { secret: '${RECEIPTS_SECRET}' }
  const file = {
    operators: [
      { name: a.name, url: a.link.url, receipts, prices: [{ price: 2 }] },
      { name: b.name, url: b.link.url, receipts, prices: [{ price: 3 }, { prefix: CHEAP_PREFIX, price: 1 }] },
      {
        ...{ name: c.name, protocol: 'smpp', url: c.link.url },
        ...{ system_id: SMPP_SYSTEM_ID, password: '${SMPP_PASSWORD}', timers: SMPP_TIMERS },
        prices: [{ price: 4 }],
      },
    ],
    routes: [
      ...SMPP_PREFIXES.map((prefix) => ({ prefix, operators: [c.name, a.name, b.name] })),
      {
        ...{ prefix: WEIGHTED_PREFIX, operators: [a.name, b.name, c.name], strategy: 'weighted' },
        weights: { [a.name]: 60, [b.name]: 40, [c.name]: 0 },
      },
      { prefix: CHEAP_PREFIX, operators: [a.name, b.name, c.name], strategy: 'least_cost' },
      { operators: [a.name, b.name, c.name] },
    ],
  }
  const path = join(folder, 'operators.yml')
  await writeFile(path, JSON.stringify(file, null, 2))
  return path
}

/** What the file takes from the environment. */
export const OPERATORS_SECRETS = { RECEIPTS_SECRET, SMPP_PASSWORD }
