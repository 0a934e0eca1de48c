import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { RECEIPTS_SECRET, SMPP_PASSWORD, SMPP_SYSTEM_ID } from './operators.ts'
import type { StagedOperators } from './operators.ts'

/** Numbers with these prefixes go to the operator that speaks SMPP first: a third of the load's. */
const SMPP_PREFIXES = ['985', '986', '987']
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
      ...[a, b].map(({ name, link }) => ({ name, url: link.url, receipts })),
      {
        ...{ name: c.name, protocol: 'smpp', url: c.link.url },
        ...{ system_id: SMPP_SYSTEM_ID, password: '${SMPP_PASSWORD}', timers: SMPP_TIMERS },
      },
    ],
    routes: [
      ...SMPP_PREFIXES.map((prefix) => ({ prefix, operators: [c.name, a.name, b.name] })),
      { operators: [a.name, b.name, c.name] },
    ],
  }
  const path = join(folder, 'operators.yml')
  await writeFile(path, JSON.stringify(file, null, 2))
  return path
}

/** What the file takes from the environment. */
export const OPERATORS_SECRETS = { RECEIPTS_SECRET, SMPP_PASSWORD }
