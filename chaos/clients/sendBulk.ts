import { ask } from './ask.ts'
import type { Asked } from './ask.ts'
import { noteAnswer } from './record.ts'
import type { BulkCounts, ClientRecord, Sent, SentBulk } from './record.ts'
import { concludeTries, repeatKeyed } from './repeatKeyed.ts'
import type { Try } from './repeatKeyed.ts'
import { bodyOf, credentialOf, isLate } from './sendKeyed.ts'
import type { KeyedTurn } from './sendKeyed.ts'

export interface BulkOptions {
  /** The texts behind the marks. */
  words: readonly string[]
  /** Undefined: it is sent once and without an idempotency key. */
  triesMax: number | undefined
  /** Of one with a key; see RepeatOptions. */
  isSteady?: boolean
  /** Of a bulk that is sent once. */
  cutAfterMs?: number | undefined
}

/** Messages that one transaction decides. */
const PART_MESSAGES = 500
const NO_NUMBER = 'no number'
const NONE_ACCEPTED = '202 none accepted'

interface Result {
  index: number
  message_id?: string
  code?: string
}

/** Sends messages in one request, and notes of each what the answer says of it. */
export async function sendBulk(turn: KeyedTurn, bulk: SentBulk, options: BulkOptions): Promise<void> {
  const { apiUrls, random, record } = turn
  const { mark, messages, isAllOrNothing, wrongAt } = bulk
  const bodies = messages.map((message, index) => bodyOf(message, options.words[index] ?? ''))
  if (wrongAt !== undefined) Object.assign(bodies[wrongAt] ?? {}, { to: NO_NUMBER })
  const body = { messages: bodies, all_or_nothing: isAllOrNothing }
  record.bulks.push(bulk)
  record.sent.push(...messages)
  const askOnce = async ({ key, cutAfterMs }: Partial<Try>) => {
    const headers = { ...credentialOf(turn), ...(key !== undefined && { 'idempotency-key': key }) }
    const asked = await ask(`${random.pick(apiUrls)}/v1/messages/bulk`, body, { headers, cutAfterMs })
    const decided = asked.body['bulk_id'] === null ? refusedWholly(asked) : asked
    noteAnswer(record, `bulk: ${describe(bulk, decided)}`)
    return decided
  }
  const { triesMax, isSteady = false, cutAfterMs } = options
  if (triesMax === undefined) return conclude(record, bulk, [await askOnce({ cutAfterMs })])
  const { repeated, results } = await repeatKeyed(random, mark, { triesMax, isSteady }, askOnce)
  const firstsMax = isAllOrNothing ? 1 : Math.ceil(messages.length / PART_MESSAGES)
  bulk.repeated = { ...repeated, firstsMax }
  conclude(record, bulk, results)
}

/** Nothing of it is kept, and the same request is decided anew. */
function refusedWholly(asked: Asked): Asked {
  return { ...asked, answered: 'refused', label: NONE_ACCEPTED }
}

function conclude(record: ClientRecord, bulk: SentBulk, results: readonly Asked[]): void {
  const best = concludeTries(results)
  const { answered, label } = best
  Object.assign(bulk, { answered, label })
  for (const message of bulk.messages) Object.assign(message, { answered, label })
  if ('body' in best && Array.isArray(best.body['results'])) noteResults(record, bulk, best.body)
  // Whatever was answered: no answer at all as well.
  if (bulk.wrongAt === undefined) return
  const wrong = bulk.isAllOrNothing ? bulk.messages : bulk.messages.slice(bulk.wrongAt, bulk.wrongAt + 1)
  for (const message of wrong) message.answered = 'refused'
}

function noteResults(record: ClientRecord, bulk: SentBulk, body: Asked['body']): void {
  if (typeof body['bulk_id'] === 'string') {
    bulk.bulkId = body['bulk_id']
    bulk.told = countsOf(body)
  }
  for (const result of body['results'] as Result[]) {
    const message = bulk.messages[result.index]
    if (!message) continue
    noteResult(message, result)
    noteAnswer(record, `in a bulk: ${describeResult(bulk, message, result)}`)
  }
}

function noteResult(message: Sent, { message_id: smsIdentifier, code }: Result): void {
  const refused = code === 'outcome_unknown' ? 'unknown' : 'refused'
  Object.assign(message, { answered: code === undefined ? 'accepted' : refused, label: code ?? '202' })
  if (smsIdentifier !== undefined) message.smsIdentifier = smsIdentifier
}

export function countsOf({ accepted, refused, cost }: Record<string, unknown>): BulkCounts {
  return { accepted: Number(accepted), refused: Number(refused), cost: Number(cost) }
}

function describe({ isAllOrNothing, wrongAt, messages }: SentBulk, { label, isReplayed }: Asked): string {
  if (isAllOrNothing && label.startsWith('400')) {
    if (wrongAt !== undefined) return 'one of all or nothing is wrong'
    if (messages.some(isLate)) return 'send_at has passed'
  }
  return isReplayed ? `${label} replayed` : label
}

function describeResult({ wrongAt }: SentBulk, message: Sent, { index, code = 'accepted' }: Result): string {
  if (code !== 'invalid_request') return code
  if (index === wrongAt) return 'wrong number'
  return isLate(message) ? 'send_at has passed' : code
}
