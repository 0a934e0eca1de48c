import { refuseRemoved } from '../history/index.ts'
import { isTerminal, v1StatusOf } from '../messages/index.ts'
import { chooseRoute, listOperators } from '../operators/index.ts'
import type { RouteIndex } from '../operators/index.ts'
import { countBefore, countClaimed, findRowsOf, isIn } from '../outbox/index.ts'
import { read } from '../platform/db/index.ts'
import type { Db, Reader } from '../platform/db/index.ts'
import { identifierFromBytes, identifierToBytes, isIdentifier } from '../primitives/identifier.ts'
import { readProcesses } from '../processes/index.ts'
import type { RunningProcess } from '../processes/index.ts'
import { blockedOperators } from './blockedOperators.ts'
import { explainWaiting, MISSING_ROLES } from './explainWaiting.ts'
import type { MissingRole, Waiting } from './explainWaiting.ts'
import { paceOf } from './pace.ts'
import { readRecipients, readRequest } from './readMessage.ts'
import type { RecipientRow, RequestRow, Whose } from './readMessage.ts'
import { ROWS_MAX, readRows } from './rows.ts'
import type { Rows } from './rows.ts'
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
 * @param routes undefined where they are not known: then a message is taken to go to any operator of its class.
 * @returns what happened to a message and what its recipients wait for, by the tables; undefined for a message that is not
 * to be shown, and for a text that is no identifier. @throws Unavailable.
 */
export async function readTimeline(
  db: Db,
  query: TimelineQuery,
  routes?: RouteIndex,
): Promise<MessageTimeline | undefined> {
  if (!isIdentifier(query.smsIdentifier)) return undefined
  const id = identifierToBytes(query.smsIdentifier)
  const timeline = await read(db, 'timeline.read', async (reader) => {
    const request = await readRequest(reader, id, query.whose)
    if (!request) return undefined
    const { limit, after, toDigits } = query
    const found = await readRecipients(reader, id, { limit, after, toDigits })
    const page = found.slice(0, limit)
    const isGuaranteed = request.guaranteed_by !== null
    const rows = await readRows(reader, { id, userId: request.user_id, isGuaranteed }, page)
    const explain = await openExplanation(reader, { id, request, rows, routes }, page.filter(isOpen))
    return {
      ...{ smsIdentifier: identifierFromBytes(id), userId: request.user_id, type: request.type },
      ...{ isTest: request.is_test === 1, recipients: request.recipients },
      ...{ sendAt: request.send_at, expiresAt: request.expires_at },
      ...{ guaranteedBy: request.guaranteed_by, createdAt: request.created_at },
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
  return timeline ?? refuseRemoved(db, query.smsIdentifier)
}

interface Message {
  id: Buffer
  request: RequestRow
  rows: Rows
  routes: RouteIndex | undefined
}

/** Reads what only open recipients need. @returns what explains each. */
async function openExplanation(
  reader: Reader,
  { id, request, rows, routes }: Message,
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
    named.filter(({ until }) => until === null || until <= now),
  )
  const processes = isAny ? await readProcesses(reader) : []
  const operators = isAny ? await listOperators(reader) : []
  const blockedFor = ({ recipient }: RecipientRow) =>
    blockedOperators({
      type,
      isTest,
      routed: routes && routedTo(routes, request, recipient),
      operators,
      processes,
    })
  const missing = isAny ? missingRoles(processes) : []
  const pace = isAny ? paceOf(type, processes, await countClaimed(reader, type)) : null
  return (recipient) => {
    const row = named.find((each) => isIn(each, recipient.recipient_no))
    const held = rows.quarantine.find(({ recipient_no }) => recipient_no === recipient.recipient_no)
    return explainWaiting({
      ...{ now, type, sendAt, missing, pace, row, leaseUntil: recipient.lease_until },
      blocked: blockedFor(recipient),
      isSubmitted: recipient.status === 'sending',
      isUnknown: recipient.status === 'pending' && recipient.unconfirmed > 0,
      quarantined: held && { reason: held.reason, since: held.created_at },
      before: row && before.get(identifierFromBytes(row.id)),
    })
  }
}

/** In whatever order: what they are chosen by moves none of them off the route. */
function routedTo(
  routes: RouteIndex,
  { type, user_id: userId, sender }: RequestRow,
  to: string,
): readonly string[] {
  return chooseRoute(routes, { to, type, userId, sender, reference: '' }).operators
}

/** @returns which of the roles that a message needs on its way no running process has. */
function missingRoles(processes: readonly RunningProcess[]): MissingRole[] {
  return MISSING_ROLES.filter((role) => !processes.some(({ roles }) => roles.includes(role)))
}

function isOpen({ status }: RecipientRow): boolean {
  return !isTerminal(status)
}

function statusOf(row: RecipientRow, { send_at, delayed_until, now }: RequestRow) {
  const due = delayed_until ?? send_at
  return v1StatusOf({
    ...{ status: row.status, deliveryStatus: row.delivery_status, isRetrying: row.retrying_since !== null },
    isScheduled: due !== null && due > now,
  })
}
