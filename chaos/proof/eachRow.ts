import type { RawBuilder } from 'kysely'
import { read } from '../../src/platform/db/index.ts'
import type { Db } from '../../src/platform/db/index.ts'

/** In one answer of the database. */
export const ROWS_PER_PAGE = 5_000

/**
 * Every row of a statement that reads the next `ROWS_PER_PAGE` rows after an identifier, in the order of theirs.
 */
export async function* eachRow<R extends { id: Buffer }>(
  db: Db,
  operation: string,
  pageAfter: (after: Buffer) => RawBuilder<R>,
): AsyncGenerator<R> {
  let after: Buffer = Buffer.alloc(0)
  for (;;) {
    const from = after
    const { rows } = await read(db, operation, (reader) => pageAfter(from).execute(reader))
    yield* rows
    const last = rows.at(-1)
    if (!last) return
    after = last.id
  }
}
