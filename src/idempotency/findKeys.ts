import { sql } from 'kysely'
import type { Tx } from '../platform/db/index.ts'
import { identifierFromBytes } from '../primitives/identifier.ts'
import { scopeId } from './keptAnswer.ts'
import type { KeyedRequest, KnownKeys } from './keptAnswer.ts'

interface Row {
  user_id: number
  route: string
  is_test: number
  idempotency_key: string
  fingerprint: Buffer
  identifier: Buffer
  status: number
  answer: Buffer | null
}

/**
 * Looks the keys of a batch up; call it when their customers' balances are locked, so that a key that another request
 * is about to insert is there or will wait. An answer is only read for the same request, whose body was about as large:
 * a small request cannot make the engine load many large answers.
 */
export async function findKeys(tx: Tx, requests: KeyedRequest[]): Promise<KnownKeys> {
  const known: KnownKeys = new Map()
  if (requests.length === 0) return known
  for (const row of await selectKeys(tx, requests)) {
    const { fingerprint, status, answer: body } = row
    const scope = {
      userId: row.user_id,
      route: row.route,
      isTest: row.is_test === 1,
      key: row.idempotency_key,
    }
    const answer = body ? { identifier: identifierFromBytes(row.identifier), status, body } : undefined
    // Several requests of the batch may name the key, and only some of them are the same request.
    if (answer || !known.has(scopeId(scope))) known.set(scopeId(scope), { fingerprint, answer })
  }
  return known
}

/** Coming from the list, each key is found by the primary key. The text from JSON is converted, so that bytes decide. */
async function selectKeys(tx: Tx, requests: KeyedRequest[]): Promise<Row[]> {
  const unique = new Map(
    requests.map((request) => {
      const { userId, route, isTest, key, fingerprint } = request
      const hex = fingerprint.toString('hex')
      return [`${scopeId(request)} ${hex}`, [userId, route, isTest ? 1 : 0, key, hex]]
    }),
  )
  const { rows } = await sql<Row>`
    SELECT k.user_id, k.route, k.is_test, k.idempotency_key, k.fingerprint, k.identifier, k.status,
      IF(k.fingerprint = UNHEX(asked.fingerprint), k.answer, NULL) AS answer
    FROM JSON_TABLE(${JSON.stringify([...unique.values()])}, '$[*]' COLUMNS (
      user_id BIGINT PATH '$[0]' ERROR ON ERROR, route VARCHAR(64) PATH '$[1]' ERROR ON ERROR,
      is_test TINYINT PATH '$[2]' ERROR ON ERROR, idempotency_key VARCHAR(255) PATH '$[3]' ERROR ON ERROR,
      fingerprint CHAR(64) PATH '$[4]' ERROR ON ERROR)) asked
    STRAIGHT_JOIN idempotency_keys k FORCE INDEX (PRIMARY) ON k.user_id = asked.user_id
      AND k.route = CONVERT(asked.route USING ascii) COLLATE ascii_bin AND k.is_test = asked.is_test
      AND k.idempotency_key = CONVERT(asked.idempotency_key USING ascii) COLLATE ascii_bin`.execute(tx)
  return rows
}
