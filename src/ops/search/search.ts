import { sql } from 'kysely'
import { listOperators } from '../../operators/index.ts'
import { list, read } from '../../platform/db/index.ts'
import type { Db, Reader } from '../../platform/db/index.ts'
import { normalizeNumber } from '../../numbers/index.ts'
import type { Region } from '../../numbers/index.ts'
import { digitsOf } from '../../primitives/address.ts'
import { identifierFromBytes, identifierToBytes, isIdentifier } from '../../primitives/identifier.ts'
import { lookBackForNumber, lookBackForReference } from './lookBack.ts'

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
  nextFrom: string | null
  /** The oldest message that was examined. */
  lookedBackTo: Date | null
}

export interface SearchQuery {
  text: string
  /** The identifier from which it looks back, or any 16 bytes in hex; the newest without it. */
  from?: string | undefined
  /** In which a national number is read. */
  region?: Region | undefined
}

const FOUND_MAX = 50
/** Above what looking back may take, with the other statements. */
const TIMEOUT_MS = 5_000

/** Finds messages by an identifier of ours or of an operator, by a recipient's number, or by a customer's reference. */
export function search(db: Db, { text, from, region }: SearchQuery): Promise<SearchResult> {
  return read(
    db,
    'ops.search',
    async (reader) => {
      if (isIdentifier(text)) return ofKeys(reader, [{ id: text, no: null, to: null, by: 'identifier' }])
      const numbers = writingsOf(text, region)
      const start = from === undefined ? undefined : identifierToBytes(from)
      const known = start ? [] : await byOperatorIdentifier(reader, text)
      const isNumber = numbers.length > 0
      const { seen, nextFrom, lookedBackTo } = isNumber
        ? await lookBackForNumber(reader, numbers, start)
        : await lookBackForReference(reader, text, start)
      const keys = seen.map((each): Key => ({
        ...{ id: each.id, no: each.no, to: isNumber ? each.text : null },
        by: isNumber ? 'number' : 'reference',
      }))
      return { ...(await ofKeys(reader, [...known, ...keys])), nextFrom, lookedBackTo }
    },
    TIMEOUT_MS,
  )
}

/**
 * @returns the digits that a text may be stored as, if it is a number: as they are, because a number keeps them without a
 * region, and as they are read in the region.
 */
function writingsOf(text: string, region: Region | undefined): string[] {
  const read = [normalizeNumber(text, undefined), normalizeNumber(text, region)]
  return [...new Set(read.flatMap((each) => (each.kind === 'number' ? digitsOf(each.number) : [])))]
}

interface Key {
  id: string
  no: number | null
  to: string | null
  by: Found['by']
}

/** By the index that receipts use, at each operator. */
async function byOperatorIdentifier(reader: Reader, text: string): Promise<Key[]> {
  const operators = await listOperators(reader)
  if (operators.length === 0 || text.length > 64) return []
  const matchKey = text.toLowerCase().replace(/^0+/, '')
  const { rows } = await sql<{
    sms_identifier: Buffer
    recipient_no: number
  }>`SELECT sms_identifier, recipient_no
    FROM operator_messages FORCE INDEX (idx_operator_messages_match)
    WHERE provider IN (${list(operators.map(({ name }) => name))}) AND match_key = ${matchKey}
    LIMIT ${sql.lit(FOUND_MAX)}`.execute(reader)
  return rows.map((row) => ({
    ...{ id: identifierFromBytes(row.sms_identifier), no: row.recipient_no },
    ...{ to: null, by: 'operator identifier' },
  }))
}

async function ofKeys(reader: Reader, keys: Key[]): Promise<SearchResult> {
  if (keys.length === 0) return { found: [], nextFrom: null, lookedBackTo: null }
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
  return { found, nextFrom: null, lookedBackTo: null }
}
