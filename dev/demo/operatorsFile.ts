import { writeFile } from 'node:fs/promises'

/** Numbers that begin so go to operator C alone. */
export const SMPP_PREFIX = '98935'

/** The engine's operators: A, then B, for every number, and C, which speaks SMPP, for those of one prefix. */
export async function writeOperatorsFile(path: string, urls: Record<'a' | 'b' | 'c', string>): Promise<void> {
  await writeFile(
    path,
    `operators:
  - { name: operator-a, url: '${urls.a}' }
  - { name: operator-b, url: '${urls.b}' }
  - { name: operator-c, protocol: smpp, url: '${urls.c}', system_id: chapar }
routes:
  - { prefix: ${SMPP_PREFIX}, operators: [operator-c] }
  - { operators: [operator-a, operator-b] }
`,
  )
}
