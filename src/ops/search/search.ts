import { sql } from 'kysely'
import { listOperators } from '../../operators/index.ts'
import { list, read } from '../../platform/db/index.ts'
import type { Db, Reader } from '../../platform/db/index.ts'
import { identifierFromBytes, identifierToBytes, isIdentifier } from '../../primitives/identifier.ts'

/** A message that was found. */
export interface Found {
  smsIdentifier: string
  userId: number
  type: string
  recipients: number
  createdAt: Date
  /** By what it was found. */
  by: 'identifier' | 'number' | 'reference' | 'operator identifier'
  /** The recipient that was looked for. */
  recipientNo: number | null
  /** Its number, as it is stored. */
  to: string | null
}

export interface SearchResult {
  found: Found[]
  /** Where the search for a number or a reference goes on; null when everything was looked through. */
  nextBefore: string | null
  /** The oldest message that was looked at. */
  lookedBackTo: Date | null
}

export interface SearchQuery {
  text: string
  /** The message below which a search goes on. */
  before?: string | undefined
}

/**
 * Numbers and references have no index of their own, which would be written with every message: a
 * search looks through this many of the newest rows, some 30 ms.
 */
const EXAMINED_MAX = 20_000
const FOUND_MAX = 50
const TIMEOUT_MS = 4_000
const DIGITS = /^\+?[0-9]{5,15}$/
const LOWEST = '00000000000000000000000000000000'

/** Finds messages by an identifier of ours or of an operator, by a recipient's number, or by a customer's reference. */
export function search(db: Db, { text, before }: SearchQuery): Promise<SearchResult> {
  return read(
    db,
    'ops.search',
    async (reader) => {
      if (isIdentifier(text)) return ofKeys(reader, [{ id: text, no: null, to: null, by: 'identifier' }])
      const digits = text.replaceAll(/[\s()-]/g, '')
      const below = before === undefined ? undefined : identifierToBytes(before)
      const known = below ? [] : await byOperatorIdentifier(reader, text)
      const looked = DIGITS.test(digits)
        ? await byNumber(reader, digits, below)
        : await byReference(reader, text, below)
      return { ...(await ofKeys(reader, [...known, ...looked.keys])), ...nextOf(looked.rows) }
    },
    TIMEOUT_MS,
  )
}

interface Key {
  id: string
  no: number | null
  to: string | null
  by: Found['by']
}

interface Looked {
  keys: Key[]
  /** How many rows were looked through, and the last of them. */
  rows: { examined: number; last: Buffer | null; lastAt: Date | null }
}

interface LookedRow {
  sms_identifier: Buffer
  recipient_no: number | null
  text: string | Buffer | null
}

/** Of the newest recipients. A text may be written with or without a plus. */
async function byNumber(reader: Reader, digits: string, below: Buffer | undefined): Promise<Looked> {
  const numbers = [digits.replace('+', ''), `+${digits.replace('+', '')}`]
  const newest = sql`SELECT sms_identifier, recipient_no, recipient AS text, created_at
    FROM sms_status FORCE INDEX (PRIMARY) WHERE ${isBelow(below)}
    ORDER BY sms_identifier DESC, recipient_no DESC LIMIT ${sql.lit(EXAMINED_MAX)}`
  return look(reader, newest, sql`text IN (${list(numbers)})`, 'number')
}

async function byReference(reader: Reader, text: string, below: Buffer | undefined): Promise<Looked> {
  const newest = sql`SELECT sms_identifier, NULL AS recipient_no, client_reference AS text, NULL AS created_at
    FROM message_references FORCE INDEX (PRIMARY) WHERE ${isBelow(below)}
    ORDER BY sms_identifier DESC LIMIT ${sql.lit(EXAMINED_MAX)}`
  return look(reader, newest, sql`text = ${Buffer.from(text)}`, 'reference')
}

function isBelow(below: Buffer | undefined) {
  return below === undefined
    ? sql`sms_identifier >= ${Buffer.from(LOWEST, 'hex')}`
    : sql`sms_identifier < ${below}`
}

async function look(
  reader: Reader,
  newest: ReturnType<typeof sql>,
  matches: ReturnType<typeof sql>,
  by: Found['by'],
): Promise<Looked> {
  const { rows } = await sql<LookedRow>`SELECT sms_identifier, recipient_no, text FROM (${newest}) newest
    WHERE ${matches} ORDER BY sms_identifier DESC LIMIT ${sql.lit(FOUND_MAX)}`.execute(reader)
  const { rows: ends } = await sql<{ examined: number; last: Buffer | null; last_at: Date | null }>`
    SELECT COUNT(*) AS examined, MIN(sms_identifier) AS last, MIN(created_at) AS last_at
    FROM (${newest}) newest`.execute(reader)
  const keys = rows.map((row) => ({
    ...{ id: identifierFromBytes(row.sms_identifier), no: row.recipient_no, by },
    to: by === 'number' ? String(row.text) : null,
  }))
  const [end] = ends
  return {
    keys,
    rows: {
      examined: Number(end?.examined ?? 0),
      last: end?.last ?? null,
      lastAt: end?.last_at ? new Date(end.last_at) : null,
    },
  }
}

/** By the index that receipts use, at each operator. */
async function byOperatorIdentifier(reader: Reader, text: string): Promise<Key[]> {
  const operators = await listOperators(reader)
  if (operators.length === 0 || text.length > 64) return []
  const matchKey = text.toLowerCase().replace(/^0+/, '')
  const { rows } = await sql<LookedRow>`SELECT sms_identifier, recipient_no, NULL AS text
    FROM operator_messages FORCE INDEX (idx_operator_messages_match)
    WHERE provider IN (${list(operators.map(({ name }) => name))}) AND match_key = ${matchKey}
    LIMIT ${sql.lit(FOUND_MAX)}`.execute(reader)
  return rows.map((row) => ({
    ...{ id: identifierFromBytes(row.sms_identifier), no: row.recipient_no },
    ...{ to: null, by: 'operator identifier' },
  }))
}

async function ofKeys(reader: Reader, keys: Key[]): Promise<SearchResult> {
  if (keys.length === 0) return { found: [], nextBefore: null, lookedBackTo: null }
  const { rows } = await sql<{
    sms_identifier: Buffer
    user_id: number
    type: string
    recipients: number
    created_at: Date
  }>`SELECT sms_identifier, user_id, type, recipients, created_at FROM sms_requests
    WHERE sms_identifier IN (${list(keys.map(({ id }) => identifierToBytes(id)))})`.execute(reader)
  const found = keys.flatMap(({ id, no, to, by }) => {
    const row = rows.find((each) => identifierFromBytes(each.sms_identifier) === id.toLowerCase())
    if (!row) return []
    const { user_id: userId, type, recipients, created_at: createdAt } = row
    return { smsIdentifier: id.toLowerCase(), userId, type, recipients, createdAt, by, recipientNo: no, to }
  })
  return { found, nextBefore: null, lookedBackTo: null }
}

function nextOf({
  examined,
  last,
  lastAt,
}: Looked['rows']): Pick<SearchResult, 'nextBefore' | 'lookedBackTo'> {
  const hasMore = examined === EXAMINED_MAX && last !== null
  return { nextBefore: hasMore ? identifierFromBytes(last) : null, lookedBackTo: lastAt }
}
