import { isTerminal, v1StatusOf } from '../messages/index.ts'
import { listOperators } from '../operators/index.ts'
import { countBefore, findRowsOf, isIn } from '../outbox/index.ts'
import { read } from '../platform/db/index.ts'
import type { Db, Reader } from '../platform/db/index.ts'
import { identifierFromBytes, identifierToBytes, isIdentifier } from '../primitives/identifier.ts'
import { readProcesses } from '../processes/index.ts'
import type { RunningProcess } from '../processes/index.ts'
import { blockedOperators } from './blockedOperators.ts'
import { explainWaiting } from './explainWaiting.ts'
import type { ClassPace, Waiting, WaitingFacts } from './explainWaiting.ts'
import { ROWS_MAX, readRecipients, readRequest, readRows } from './rows.ts'
import type { RecipientRow, RequestRow, Rows, Whose } from './rows.ts'
import { toMessageSteps, toRecipientSteps } from './toSteps.ts'
import type { MessageTimeline } from './types.ts'

export interface TimelineQuery {
  whose: Whose
  /** Any text. */
  smsIdentifier: string
  /** Only the recipient with these digits. */
  toDigits?: string | undefined
  limit: number
  /** The number of the last recipient of the page before; 0 for the first page. */
  after: number
}

/**
 * @returns what happened to a message and what its recipients wait for, from the tables alone; undefined for a message that
 * is not to be shown, and for a text that is no identifier. @throws Unavailable.
 */
export async function readTimeline(db: Db, query: TimelineQuery): Promise<MessageTimeline | undefined> {
  if (!isIdentifier(query.smsIdentifier)) return undefined
  const id = identifierToBytes(query.smsIdentifier)
  return read(db, 'timeline.read', async (reader) => {
    const request = await readRequest(reader, id, query.whose)
    if (!request) return undefined
    const { limit, after, toDigits } = query
    const found = await readRecipients(reader, id, { limit, after, toDigits })
    const page = found.slice(0, limit)
    const rows = await readRows(reader, { id, userId: request.user_id }, page)
    const explain = await openExplanation(reader, { id, request, rows }, page.filter(isOpen))
    return {
      ...{ smsIdentifier: identifierFromBytes(id), userId: request.user_id, type: request.type },
      ...{ isTest: request.is_test === 1, recipients: request.recipients },
      ...{ sendAt: request.send_at, expiresAt: request.expires_at, createdAt: request.created_at },
      steps: toMessageSteps(request, rows),
      timelines: page.map((row) => ({
        ...{ recipientNo: row.recipient_no, recipient: row.recipient, status: statusOf(row, request) },
        isPossibleDuplicate: row.possible_duplicate === 1,
        steps: toRecipientSteps(row, rows),
        waiting: isOpen(row) ? explain(row) : null,
      })),
      isComplete: Object.values(rows).every(({ length }: unknown[]) => length < ROWS_MAX),
      nextAfter: found.length > limit ? (page.at(-1)?.recipient_no ?? null) : null,
    }
  })
}

interface Message {
  id: Buffer
  request: RequestRow
  rows: Rows
}

/** Reads what only open recipients need. @returns what explains each. */
async function openExplanation(
  reader: Reader,
  { id, request, rows }: Message,
  open: RecipientRow[],
): Promise<(row: RecipientRow) => Waiting> {
  const { type, user_id: userId, send_at: sendAt, now } = request
  const isTest = request.is_test === 1
  const isAny = open.length > 0
  const key = { userId, smsIdentifier: identifierFromBytes(id) }
  const placed = await findRowsOf(
    reader,
    key,
    open.map(({ recipient_no }) => recipient_no),
  )
  const named = placed.filter((row) => open.some(({ recipient_no }) => isIn(row, recipient_no)))
  const before = await countBefore(
    reader,
    type,
    named.filter(({ condition }) => condition === 'ready'),
  )
  const processes = isAny ? await readProcesses(reader) : []
  const operators = isAny ? await listOperators(reader) : []
  const blocked = blockedOperators({ type, isTest, operators, processes })
  const pace = paceOf(type, processes)
  return (recipient) => {
    const row = named.find((each) => isIn(each, recipient.recipient_no))
    const held = rows.quarantine.find(({ recipient_no }) => recipient_no === recipient.recipient_no)
    return explainWaiting({
      ...{ now, type, sendAt, blocked, pace, row, leaseUntil: recipient.lease_until },
      isSubmitted: recipient.status === 'sending',
      isUnknown: recipient.status === 'pending' && recipient.unconfirmed > 0,
      quarantined: held && { reason: held.reason, since: held.created_at },
      before: row && before.get(identifierFromBytes(row.id)),
    })
  }
}

function paceOf(type: WaitingFacts['type'], processes: RunningProcess[]): ClassPace | null {
  const classes = processes.map(({ state }) => state.classes[type])
  const rates = classes.flatMap(({ handedOverPerSecond }) => handedOverPerSecond ?? [])
  if (rates.length === 0) return null
  return {
    handedOverPerSecond: rates.reduce((sum, rate) => sum + rate, 0),
    recipientsInFlight: classes.reduce((sum, { recipientsInFlight }) => sum + recipientsInFlight, 0),
  }
}

function isOpen({ status }: RecipientRow): boolean {
  return !isTerminal(status)
}

function statusOf(row: RecipientRow, { send_at, now }: RequestRow) {
  return v1StatusOf({
    ...{ status: row.status, deliveryStatus: row.delivery_status, isRetrying: row.retrying_since !== null },
    isScheduled: send_at !== null && send_at > now,
  })
}
