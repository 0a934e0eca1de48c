import { sql } from 'kysely'
import type { Db } from '../../src/platform/db/index.ts'
import { identifierFromBytes } from '../../src/primitives/identifier.ts'
import type { BulkCounts, SentBulk } from '../clients/record.ts'
import { costOf, sum } from '../prices.ts'
import { ROWS_PER_PAGE, eachRow } from './eachRow.ts'
import { markOf } from './marks.ts'

interface RequestRow {
  id: Buffer
  text: string
}

interface BulkRow {
  id: Buffer
  user_id: number
  is_test: number
  messages: number
  message_index: number | null
  message: Buffer | null
}

/** What the tables have of one bulk. */
export interface FoundBulk {
  /** The bulks under which its messages are listed. */
  bulkIds: Set<string>
  /** Places of its messages that are there, by their identifiers. */
  there: Map<string, number>
  /** Of these, how many a bulk lists in their places. */
  listed: number
}

/** In one answer of the database: with their messages at most some thousand rows. */
const BULKS_PER_PAGE = 50
/** Codes of messages that were left out because a bulk without a key ended early: it has no other results. */
const LEFT_OUT: readonly string[] = ['outcome_unknown', 'unavailable', 'account_locked']

/**
 * Whether each bulk is there as it was answered and read, and one of all or nothing whole or not at all. Each message of
 * it is compared like any other by the other proofs. @returns one line for each contradiction.
 */
export async function compareBulks(db: Db, bulks: readonly SentBulk[]): Promise<string[]> {
  const found = new Map(bulks.map((bulk) => [bulk, noneOf()]))
  const places = await findMessages(db, found)
  const wrong: string[] = []
  for await (const row of eachRow(db, 'chaos.bulks', bulksAfter)) {
    const name = `bulk ${identifierFromBytes(row.id)}`
    const message = row.message && identifierFromBytes(row.message)
    const bulk = message === null ? undefined : places.get(message)
    const of = bulk && found.get(bulk)
    if (message === null || !bulk || !of) {
      wrong.push(`${name}: message ${message} was requested in no bulk`)
      continue
    }
    of.bulkIds.add(identifierFromBytes(row.id))
    if (of.there.get(message) === row.message_index) of.listed++
    const { customer, isTest, messages } = bulk
    if (row.user_id !== customer || (row.is_test === 1) !== isTest || row.messages !== messages.length)
      wrong.push(`${name}: not what was asked for as ${bulk.mark}`)
  }
  for (const [bulk, of] of found)
    wrong.push(...explainBulk(bulk, of).map((line) => `bulk ${bulk.mark}: ${line}`))
  return wrong
}

/** @returns the bulk of each message that is there, by its identifier. */
async function findMessages(db: Db, found: ReadonlyMap<SentBulk, FoundBulk>): Promise<Map<string, SentBulk>> {
  const places = new Map<string, SentBulk>()
  const byMark = new Map(
    [...found.keys()].flatMap((bulk) =>
      bulk.messages.map(({ mark }, index) => [mark, { bulk, index }] as const),
    ),
  )
  for await (const { id, text } of eachRow(db, 'chaos.bulk_messages', requestsAfter)) {
    const place = byMark.get(markOf(text))
    if (!place) continue
    const identifier = identifierFromBytes(id)
    places.set(identifier, place.bulk)
    found.get(place.bulk)?.there.set(identifier, place.index)
  }
  return places
}

/** What contradicts the answers, beside what each message says by itself. */
export function explainBulk(bulk: SentBulk, { bulkIds, there, listed }: FoundBulk): string[] {
  const { messages, isAllOrNothing, bulkId, told, reads, repeated } = bulk
  const wrong: string[] = []
  if (bulkIds.size > 1) wrong.push(`there as ${[...bulkIds].join(' and ')}`)
  if (listed !== there.size)
    wrong.push(`${there.size} messages are there, and ${listed} in their places of it`)
  if (isAllOrNothing && there.size > 0 && there.size !== messages.length)
    wrong.push(`all or nothing, and ${there.size} of ${messages.length} are there`)
  if (bulkId === undefined || !told) return wrong
  if (!bulkIds.has(bulkId)) wrong.push(`answered as ${bulkId}, which has none of its messages`)
  const isWhole = repeated !== undefined || !messages.some(({ label }) => LEFT_OUT.includes(label))
  if (!isWhole) return wrong
  const accepted = messages.filter((_, index) => new Set(there.values()).has(index))
  const is: BulkCounts = {
    ...{ accepted: accepted.length, refused: messages.length - accepted.length },
    cost: sum(accepted.map(costOf)),
  }
  if (!isSame(told, is)) wrong.push(`answered as ${describe(told)}, and is ${describe(is)}`)
  for (const read of reads.filter((each) => !isSame(each, is)))
    wrong.push(`read as ${describe(read)}, and is ${describe(is)}`)
  return wrong
}

function noneOf(): FoundBulk {
  return { bulkIds: new Set(), there: new Map(), listed: 0 }
}

function isSame(one: BulkCounts, other: BulkCounts): boolean {
  return one.accepted === other.accepted && one.refused === other.refused && one.cost === other.cost
}

function describe({ accepted, refused, cost }: BulkCounts): string {
  return `${accepted} accepted, ${refused} refused for ${cost}`
}

function requestsAfter(after: Buffer) {
  return sql<RequestRow>`SELECT sms_identifier AS id, text FROM sms_requests
    WHERE sms_identifier > ${after} ORDER BY sms_identifier LIMIT ${sql.lit(ROWS_PER_PAGE)}`
}

function bulksAfter(after: Buffer) {
  return sql<BulkRow>`
    SELECT b.bulk_id AS id, b.user_id, b.is_test, b.messages, m.message_index, m.sms_identifier AS message
    FROM (SELECT * FROM bulks WHERE bulk_id > ${after} ORDER BY bulk_id LIMIT ${sql.lit(BULKS_PER_PAGE)}) b
      LEFT JOIN bulk_messages m ON m.bulk_id = b.bulk_id
    ORDER BY b.bulk_id, m.message_index`
}
