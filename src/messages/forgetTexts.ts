import { sql } from 'kysely'
import { HASHED_MARK, hashNumber } from '../numbers/index.ts'
import { list } from '../platform/db/index.ts'
import type { Tx } from '../platform/db/index.ts'
import { identifierFromBytes, identifierToBytes } from '../primitives/identifier.ts'
import type { Identifier } from '../primitives/identifier.ts'
import { OPEN_STATES } from './states.ts'

/** Locks finished rows for some milliseconds, which a late receipt may wait for. A request is not divided. */
const REQUESTS_PER_PAGE = 1_000
const RECIPIENTS_PER_PAGE = 2_000

export interface TextsPage {
  /** The last request that was examined; undefined when there was none. */
  end: Identifier | undefined
  isLast: boolean
  /** Those whose text and numbers were removed. */
  forgotten: Identifier[]
}

/**
 * Removes the texts and replaces the numbers of finished messages within the bounds (after, up to), in key order. One with
 * an unfinished recipient is passed over, or ends the page.
 * @param key hashes the numbers.
 */
export async function forgetTexts(
  tx: Tx,
  { after, upTo, stopsAtOpen }: { after: Identifier; upTo: Identifier; stopsAtOpen: boolean },
  key: string,
): Promise<TextsPage> {
  const { rows } = await sql<{ id: Buffer; recipients: number; is_there: number }>`
    SELECT sms_identifier AS id, recipients, text <> '' AS is_there FROM sms_requests FORCE INDEX (PRIMARY)
    WHERE sms_identifier > ${identifierToBytes(after)} AND sms_identifier <= ${identifierToBytes(upTo)}
    ORDER BY sms_identifier LIMIT ${sql.lit(REQUESTS_PER_PAGE)}`.execute(tx)
  let recipients = 0
  const fits = rows.findIndex((row) => (recipients += row.recipients) >= RECIPIENTS_PER_PAGE)
  const page = fits < 0 ? rows : rows.slice(0, fits + 1)
  const open = await findOpen(
    tx,
    page.map(({ id }) => id),
  )
  const firstOpen = page.findIndex(({ id }) => open.has(id.toString('hex')))
  const isStopped = stopsAtOpen && firstOpen >= 0
  const seen = isStopped ? page.slice(0, firstOpen) : page
  const ids = seen.filter(({ id, is_there }) => is_there === 1 && !open.has(id.toString('hex')))
  await forget(
    tx,
    ids.map(({ id }) => id),
    key,
  )
  const last = seen.at(-1)?.id
  return {
    end: last && identifierFromBytes(last),
    isLast: isStopped || (rows.length < REQUESTS_PER_PAGE && page.length === rows.length),
    forgotten: ids.map(({ id }) => identifierFromBytes(id)),
  }
}

async function findOpen(tx: Tx, ids: Buffer[]): Promise<ReadonlySet<string>> {
  if (ids.length === 0) return new Set()
  const { rows } = await sql<{ id: Buffer }>`SELECT DISTINCT sms_identifier AS id
    FROM sms_status FORCE INDEX (PRIMARY)
    WHERE sms_identifier IN (${list(ids)}) AND status IN (${list(OPEN_STATES)})`.execute(tx)
  return new Set(rows.map(({ id }) => id.toString('hex')))
}

/** Recipients before requests, in key order, as everything that locks them. */
async function forget(tx: Tx, ids: Buffer[], key: string): Promise<void> {
  if (ids.length === 0) return
  const { rows } = await sql<{ id: string; recipient_no: number; recipient: string }>`
    SELECT HEX(sms_identifier) AS id, recipient_no, recipient FROM sms_status FORCE INDEX (PRIMARY)
    WHERE sms_identifier IN (${list(ids)}) ORDER BY sms_identifier, recipient_no FOR UPDATE`.execute(tx)
  const changes = rows
    .filter(({ recipient }) => !recipient.startsWith(HASHED_MARK))
    .map((row) => [row.id, row.recipient_no, hashNumber(row.recipient, key)])
  if (changes.length > 0)
    await sql`UPDATE sms_status s JOIN JSON_TABLE(${JSON.stringify(changes)}, '$[*]' COLUMNS (
          id CHAR(32) PATH '$[0]', recipient_no SMALLINT UNSIGNED PATH '$[1]', hashed CHAR(16) PATH '$[2]')) c
        ON s.sms_identifier = UNHEX(c.id) AND s.recipient_no = c.recipient_no
      SET s.recipient = c.hashed, s.given_to = NULL`.execute(tx)
  await sql`UPDATE sms_requests SET text = '' WHERE sms_identifier IN (${list(ids)})`.execute(tx)
}
