import { sql } from 'kysely'
import { closeDb, openDb, read } from '../src/platform/db/index.ts'
import type { Db } from '../src/platform/db/index.ts'
import { databaseFault } from './databaseFault.ts'
import type { Follower, FoundRecipient } from './follow.ts'

/** Requests of the load that lie beside each other in the table, of which one statement reads all recipients. */
interface Range {
  first: Buffer
  last: Buffer
}

export interface Customers {
  first: number
  last: number
}

const CONNECTIONS = 2
/** The most requests whose recipients one statement reads. */
const RANGE_REQUESTS = 1_000
/** The statement also ends with the request that reaches this many recipients. */
const RANGE_RECIPIENTS = 10_000
/** Older than any identifier. */
const OLDEST = Buffer.alloc(16)

/**
 * Follows by the tables, a bounded range of messages at a time. What other customers send meanwhile is left out.
 * @throws Error that names the database and why it cannot be used; nothing is left open then.
 */
export async function followSql(databaseUrl: string, customers: Customers): Promise<Follower> {
  const db = openDb({
    url: databaseUrl,
    maxOpenConns: CONNECTIONS,
    maxIdleConns: CONNECTIONS,
    connMaxLifetimeSeconds: 300,
  })
  const newestBefore = await readNewest(db).catch(async (error: unknown) => {
    // An open pool would keep the process alive, which has nothing to do any more.
    await closeDb(db)
    throw databaseFault(databaseUrl, error)
  })
  let endedThrough = newestBefore
  return {
    async countOpen() {
      let open = 0
      for await (const range of rangesAfter(db, endedThrough, customers)) {
        open += await countOpenIn(db, range, customers)
        // What has ended stays so: it need not be examined again.
        if (open === 0) endedThrough = range.last
      }
      return open
    },
    async *recipients() {
      for await (const range of rangesAfter(db, newestBefore, customers))
        yield* await readRecipients(db, range, customers)
    },
    close: () => closeDb(db),
  }
}

/** Identifiers are ordered by time. */
async function readNewest(db: Db): Promise<Buffer> {
  const { rows } = await read(db, 'loadtest.newest', (reader) =>
    sql<{ sms_identifier: Buffer }>`
      SELECT sms_identifier FROM sms_requests ORDER BY sms_identifier DESC LIMIT 1`.execute(reader),
  )
  return rows[0]?.sms_identifier ?? OLDEST
}

async function* rangesAfter(db: Db, after: Buffer, { first, last }: Customers): AsyncGenerator<Range> {
  for (let from = after; ;) {
    const { rows } = await read(db, 'loadtest.range', (reader) =>
      sql<{ sms_identifier: Buffer; recipients: number }>`
        SELECT sms_identifier, recipients FROM sms_requests FORCE INDEX (PRIMARY)
        WHERE sms_identifier > ${from} AND user_id BETWEEN ${first} AND ${last}
        ORDER BY sms_identifier LIMIT ${sql.lit(RANGE_REQUESTS)}`.execute(reader),
    )
    let recipients = 0
    const beyond = rows.findIndex((row) => (recipients += row.recipients) >= RANGE_RECIPIENTS)
    const [begin, end] = [rows[0], beyond === -1 ? rows.at(-1) : rows[beyond]]
    if (!begin || !end) return
    yield { first: begin.sms_identifier, last: end.sms_identifier }
    from = end.sms_identifier
  }
}

async function countOpenIn(db: Db, range: Range, { first, last }: Customers): Promise<number> {
  const { rows } = await read(db, 'loadtest.open', (reader) =>
    sql<{ open: number }>`
      SELECT COUNT(*) AS open FROM sms_status
      WHERE sms_identifier BETWEEN ${range.first} AND ${range.last} AND user_id BETWEEN ${first} AND ${last}
        AND status IN ('pending', 'sending')`.execute(reader),
  )
  return Number(rows[0]?.open ?? 0)
}

async function readRecipients(db: Db, range: Range, { first, last }: Customers): Promise<FoundRecipient[]> {
  const { rows } = await read(db, 'loadtest.recipients', (reader) =>
    sql<Omit<FoundRecipient, 'acceptedMs' | 'updatedMs'> & { created_at: Date; updated_at: Date }>`
      SELECT s.user_id AS customerId, r.type, s.status, s.created_at, s.updated_at
      FROM sms_requests r JOIN sms_status s ON s.sms_identifier = r.sms_identifier
      WHERE r.sms_identifier BETWEEN ${range.first} AND ${range.last} AND r.user_id BETWEEN ${first} AND ${last}`.execute(
      reader,
    ),
  )
  return rows.map(({ customerId, type, status, created_at, updated_at }) => ({
    ...{ customerId, type, status },
    acceptedMs: created_at.getTime(),
    updatedMs: updated_at.getTime(),
  }))
}
