import { sql } from 'kysely'
import { readReferences } from '../../messages/index.ts'
import { keyIn, read } from '../../platform/db/index.ts'
import type { Db, Reader } from '../../platform/db/index.ts'
import { identifierFromBytes, identifierToBytes, lowestAt } from '../../primitives/identifier.ts'
import type { ExportRequest, Source, SourcePage } from '../types.ts'
import { chargedFor, fitsMessage, MESSAGE_COLUMNS, toMessageRow } from './messageRows.ts'
import type { RecipientRow, RequestRow } from './messageRows.ts'

/** As for lists: an identifier may be this far from the time of its row, on both sides. */
const CLOCK_TOLERANCE_MS = 60_000
/** Longer reads are cancelled, because the read view of a statement blocks purge. */
const READ_MS_MAX = 2_000

type PageFrom = Parameters<Source['readPage']>[0]

/** Some recipients of a request, one of which may be cut by the end of a page. */
interface Piece {
  request: RequestRow
  first: number
  last: number
}

/**
 * A customer's recipients in the order of acceptance. A row shows its recipient at the moment at which its page was read.
 */
export function messagesOf(db: Db, request: ExportRequest): Source {
  return {
    columns: MESSAGE_COLUMNS,
    readPage: ({ position, rowsMax }) =>
      read(
        db,
        'exports.messages_page',
        (reader) => readPage(reader, request, { position, rowsMax }),
        READ_MS_MAX,
      ),
  }
}

async function readPage(
  reader: Reader,
  request: ExportRequest,
  { position, rowsMax }: PageFrom,
): Promise<SourcePage> {
  const requests = await readRequests(reader, request, { position, rowsMax })
  const pieces = cut(requests, position, rowsMax)
  const last = pieces.at(-1)
  if (!last) return { rows: [], examined: 0, total: 0, position, reachedMs: request.untilMs, isLast: true }
  const inTime = pieces.filter(
    ({ request: { created_at: at } }) => at.getTime() >= request.fromMs && at.getTime() < request.untilMs,
  )
  const recipients = await readRecipients(reader, inTime)
  const references = await readReferences(
    reader,
    inTime.map((piece) => piece.request.sms_identifier),
  )
  const byId = new Map(inTime.map((piece) => [piece.request.sms_identifier.toString('hex'), piece.request]))
  const found = recipients.flatMap((recipient) => {
    const of = byId.get(recipient.sms_identifier.toString('hex'))
    return of && fitsMessage(of, recipient, request.filters) ? { of, recipient } : []
  })
  return {
    rows: found.map(({ of, recipient }) =>
      toMessageRow(of, recipient, references.get(identifierFromBytes(of.sms_identifier)) ?? null),
    ),
    examined: pieces.reduce((sum, piece) => sum + piece.last - piece.first + 1, 0),
    total: found.reduce((sum, { recipient }) => sum + chargedFor(recipient), 0),
    position: `${last.request.sms_identifier.toString('hex')}:${last.last}`,
    reachedMs: last.request.created_at.getTime(),
    isLast: false,
  }
}

/** From the one that the position cuts on. */
async function readRequests(
  reader: Reader,
  { userId, fromMs, untilMs }: ExportRequest,
  { position, rowsMax }: PageFrom,
): Promise<RequestRow[]> {
  const from =
    position === null
      ? identifierToBytes(lowestAt(fromMs - CLOCK_TOLERANCE_MS))
      : Buffer.from(position.slice(0, 32), 'hex')
  const { rows } = await sql<RequestRow>`
    SELECT sms_identifier, type, text, sender, recipients, send_at, is_test, created_at,
           COALESCE(COALESCE(delayed_until, send_at) > NOW(3), FALSE) AS is_scheduled
    FROM sms_requests FORCE INDEX (idx_sms_requests_user)
    WHERE user_id = ${userId} AND sms_identifier >= ${from}
      AND sms_identifier < ${identifierToBytes(lowestAt(untilMs + CLOCK_TOLERANCE_MS))}
    ORDER BY sms_identifier LIMIT ${sql.lit(rowsMax + 1)}`.execute(reader)
  return rows
}

/** Of the requests after the position, as many recipients as a page has. */
function cut(requests: RequestRow[], position: string | null, rowsMax: number): Piece[] {
  const [id, no] = position?.split(':') ?? []
  const pieces: Piece[] = []
  let left = rowsMax
  for (const request of requests) {
    const isCut = request.sms_identifier.toString('hex') === id
    const first = isCut ? Number(no) + 1 : 1
    const last = Math.min(request.recipients, first + left - 1)
    if (last < first) continue
    pieces.push({ request, first, last })
    left -= last - first + 1
    if (left === 0) break
  }
  return pieces
}

async function readRecipients(reader: Reader, pieces: Piece[]): Promise<RecipientRow[]> {
  const keys = pieces.flatMap(({ request, first, last }) =>
    Array.from({ length: last - first + 1 }, (_, index) => [request.sms_identifier, first + index]),
  )
  if (keys.length === 0) return []
  const { rows } = await sql<RecipientRow>`
    SELECT sms_identifier, recipient_no, recipient, status, delivery_status, retrying_since IS NOT NULL AS is_retrying,
           parts, price, returned, charging, provider, possibly_sent, possible_duplicate, failure_reason, handed_over_at, updated_at
    FROM sms_status FORCE INDEX (PRIMARY) WHERE ${keyIn(['sms_identifier', 'recipient_no'], keys)}
    ORDER BY sms_identifier, recipient_no`.execute(reader)
  return rows
}
