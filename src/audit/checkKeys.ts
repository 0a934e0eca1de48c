import { sql } from 'kysely'
import type { RawBuilder } from 'kysely'
import type { Db } from '../platform/db/index.ts'
import { identifierFromBytes } from '../primitives/identifier.ts'
import { query } from './page.ts'
import type { Page, Scan } from './page.ts'
import type { Violation } from './violation.ts'

/** A row is read whole, and its answer may lie beside it. */
const KEYS_PER_PAGE_MAX = 2_000
/** Keys of other routes name a bulk or a top-up. Repeated here deliberately, so that the audit does not trust the engine. */
const ROUTES_OF_SENDS = ['messages', 'sms/send']

/** A row's primary key. */
interface KeyPlace {
  user_id: number
  route: string
  is_test: number
  idempotency_key: string
}

interface Row extends KeyPlace {
  identifier: Buffer
  /** Whether its time is not over: the partition of an older key's message may have been dropped. */
  is_kept: number
  customer: number | null
}

/**
 * Checks that each key of a send names a message of the same customer: they are inserted by one transaction, and read by
 * one statement here. The checkpoint holds a customer only, because a key is longer than its column; after a restart this
 * customer's keys are read again.
 */
export function openKeyScan(): Scan {
  let place: KeyPlace | undefined
  /** The last key when the scan began: a table that grows as fast as it is read would have no end. */
  let last: KeyPlace | undefined

  async function readPage(db: Db, { after }: { after: string }, rowsMax: number): Promise<Page> {
    const limit = Math.min(rowsMax, KEYS_PER_PAGE_MAX)
    last ??= await readLast(db)
    const rows = await readKeys(db, place ?? firstPlaceOf(after), limit)
    const reached = rows.at(-1)
    const isOver = rows.length < limit || !reached || !last || !isBefore(reached, last)
    place = isOver ? undefined : reached
    return { rows: rows.length, violations: rows.flatMap(explain), end: place?.user_id.toString() }
  }

  return { name: 'keys', table: 'idempotency_keys', readPage }
}

function firstPlaceOf(after: string): KeyPlace {
  const userId = after === '' ? Number.MIN_SAFE_INTEGER : Number(after)
  return { user_id: userId, route: '', is_test: 0, idempotency_key: '' }
}

function readKeys(db: Db, place: KeyPlace, limit: number): Promise<Row[]> {
  return query(
    db,
    'audit.idempotency_keys',
    sql<Row>`
      SELECT k.user_id, k.route, k.is_test, k.idempotency_key, k.identifier, k.kept_until > NOW(3) AS is_kept,
             r.user_id AS customer
      FROM idempotency_keys k FORCE INDEX (PRIMARY)
        LEFT JOIN sms_requests r FORCE INDEX (PRIMARY) ON r.sms_identifier = k.identifier
      WHERE ${isAfter(place)}
      ORDER BY k.user_id, k.route, k.is_test, k.idempotency_key LIMIT ${sql.lit(limit)}`,
  )
}

async function readLast(db: Db): Promise<KeyPlace | undefined> {
  const [last] = await query(
    db,
    'audit.idempotency_keys_last',
    sql<KeyPlace>`SELECT user_id, route, is_test, idempotency_key FROM idempotency_keys FORCE INDEX (PRIMARY)
      ORDER BY user_id DESC, route DESC, is_test DESC, idempotency_key DESC LIMIT 1`,
  )
  return last
}

/** In the order of the primary key: routes and keys are ASCII and compared by their bytes. */
function isBefore(one: KeyPlace, other: KeyPlace): boolean {
  if (one.user_id !== other.user_id) return one.user_id < other.user_id
  if (one.route !== other.route) return one.route < other.route
  if (one.is_test !== other.is_test) return one.is_test < other.is_test
  return one.idempotency_key < other.idempotency_key
}

/** Spelled out, because a comparison of whole tuples would read the table from its beginning. */
function isAfter({ user_id, route, is_test, idempotency_key }: KeyPlace): RawBuilder<unknown> {
  return sql`(k.user_id > ${user_id} OR (k.user_id = ${user_id} AND (k.route > ${route}
    OR (k.route = ${route} AND (k.is_test > ${is_test}
    OR (k.is_test = ${is_test} AND k.idempotency_key > ${idempotency_key}))))))`
}

function explain({ user_id, route, identifier, is_kept, customer }: Row): Violation[] {
  if (!is_kept || customer === user_id || !ROUTES_OF_SENDS.includes(route)) return []
  const subject = `key of customer ${user_id} on ${route}`
  const what = customer === null ? 'which does not exist' : `which is of customer ${customer}`
  return [{ rule: 'key', subject, explanation: `names message ${identifierFromBytes(identifier)}, ${what}` }]
}
