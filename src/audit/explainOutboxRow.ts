import { countRecipients } from '../outbox/index.ts'
import type { RecipientRange } from '../outbox/index.ts'
import { identifierFromBytes } from '../primitives/identifier.ts'
import type { MessageClass } from '../primitives/messageClass.ts'
import type { Rule, Violation } from './violation.ts'

export interface OutboxEntry {
  id: Buffer
  lane: number
  user_id: number | null
  sms_identifier: Buffer | null
  recipients: number
  /** Whole seconds since the epoch, by the database's clock; meaningless in a lane of tags. */
  due_at: number
  now_at: number
  /** Whether the row's tag is above every tag that its customer and lane have assigned. */
  is_tag_too_high: number
  payload: string
}

/** The fields of a referenced request with which an outbox row must agree. */
export interface NamedRequest {
  recipients: number
  user_id: number
  type: MessageClass
  /** When its last row may be due by its own time, or its customer's window or rate: whole seconds since the epoch. */
  send_at: number | null
}

const LANES: Record<MessageClass, readonly number[]> = { express: [0, 1], normal: [2, 3] }
const TAG_LANE = 2
/** Both times are truncated to whole seconds. */
const ROUNDING_SECONDS = 1

/** @param ranges undefined: the payload cannot be read. */
export function explainOutboxRow(
  row: OutboxEntry,
  ranges: RecipientRange[] | undefined,
  requests: Map<string, NamedRequest>,
  longestWaitMs: Record<MessageClass, number>,
): Violation[] {
  const subject = `outbox row ${identifierFromBytes(row.id)}`
  const wrong = (rule: Rule) => (explanation: string) => ({ rule, subject, explanation })
  if (!ranges) return [wrong('dangling')('has a payload that cannot be read')]
  return [
    ...explainReferences(row, ranges, requests).map(wrong('dangling')),
    ...explainCustomers(row, ranges, requests).map(wrong('customer')),
    ...explainLane(row, ranges, requests).map(wrong('lane')),
    ...explainDue(row, ranges, requests, longestWaitMs).map(wrong('due')),
  ]
}

function explainReferences(
  { recipients }: OutboxEntry,
  ranges: RecipientRange[],
  requests: Map<string, NamedRequest>,
): string[] {
  const found = ranges.flatMap(({ smsIdentifier, first, last }) => {
    const size = requests.get(smsIdentifier)?.recipients ?? 0
    if (last <= size) return []
    return [`references recipients ${first} to ${last} of message ${smsIdentifier}, which has ${size}`]
  })
  const count = countRecipients(ranges)
  if (count !== recipients) found.push(`says that it has ${recipients} recipients and references ${count}`)
  return found
}

function explainCustomers(
  { user_id, sms_identifier }: OutboxEntry,
  ranges: RecipientRange[],
  requests: Map<string, NamedRequest>,
): string[] {
  const identifier = sms_identifier && identifierFromBytes(sms_identifier)
  return ranges.flatMap(({ smsIdentifier, userId }) => {
    const found: string[] = []
    const customer = requests.get(smsIdentifier)?.user_id ?? userId
    if (userId !== customer)
      found.push(`references message ${smsIdentifier} for customer ${userId} instead of ${customer}`)
    const isOwn = user_id !== null || identifier !== null
    if (isOwn && (user_id !== customer || identifier !== smsIdentifier))
      found.push(
        `is under customer ${user_id} and message ${identifier}, ` +
          `and references message ${smsIdentifier} of customer ${customer}`,
      )
    return found
  })
}

function explainLane(
  { lane }: OutboxEntry,
  ranges: RecipientRange[],
  requests: Map<string, NamedRequest>,
): string[] {
  const types = new Set(ranges.flatMap(({ smsIdentifier }) => requests.get(smsIdentifier)?.type ?? []))
  return [...types].filter((type) => !LANES[type].includes(lane)).map((type) => `is ${type} in lane ${lane}`)
}

function explainDue(
  { lane, due_at, now_at, is_tag_too_high }: OutboxEntry,
  ranges: RecipientRange[],
  requests: Map<string, NamedRequest>,
  longestWaitMs: Record<MessageClass, number>,
): string[] {
  if (lane === TAG_LANE)
    return is_tag_too_high ? ['has a tag above its customer’s and the last one of its lane'] : []
  const scheduled = ranges.map(({ smsIdentifier }) => requests.get(smsIdentifier)?.send_at ?? 0)
  const waitMs = longestWaitMs[LANES.express.includes(lane) ? 'express' : 'normal']
  const latest = Math.max(Number(now_at) + waitMs / 1_000, ...scheduled.map(Number)) + ROUNDING_SECONDS
  const due = Number(due_at)
  return due > latest ? [`is due ${due - Number(now_at)} seconds from now`] : []
}
