import { sql } from 'kysely'
import type { Reader } from '../../src/platform/db/index.ts'

/** Rows that the engine read for what `work` did on this session, by any index or none; temporary tables included. */
export async function countReads(session: Reader, work: () => Promise<unknown>): Promise<number> {
  const before = await readSoFar(session)
  const ownBefore = (await readSoFar(session)) - before
  await work()
  // The look itself reads the counters as rows, each time as many.
  return (await readSoFar(session)) - before - 2 * ownBefore
}

async function readSoFar(session: Reader): Promise<number> {
  const { rows } = await sql<{ Value: string }>`SHOW SESSION STATUS LIKE 'Handler_read%'`.execute(session)
  return rows.reduce((sum, { Value }) => sum + Number(Value), 0)
}
