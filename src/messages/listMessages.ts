import { historyBeginsAt, readHistoryBegins } from '../history/index.ts'
import { read } from '../platform/db/index.ts'
import type { Db, Reader } from '../platform/db/index.ts'
import { describeMessages } from './describeMessages.ts'
import type { MessageView } from './describeMessages.ts'
import { findReferenced, findTaggedWith, withRecipient } from './findLabelled.ts'
import { findOpenRequests, findRequests } from './findRequests.ts'
import type { FoundRequests } from './findRequests.ts'
import type { V1Status } from './states.ts'
import { isOpenV1 } from './v1Status.ts'

export interface MessagesQuery {
  userId: number
  limit: number
  /** The last message of the page before. */
  before?: string | undefined
  status?: V1Status | undefined
  /** Only messages to a number with these digits. */
  toDigits?: string | undefined
  clientReference?: string | undefined
  tag?: string | undefined
  /** Included. */
  createdFromMs?: number | undefined
  /** Not included. */
  createdUntilMs?: number | undefined
}

/** A page may be short or even empty and have a next one: it examines a bounded number of messages and recipients. */
export interface MessagesPage {
  messages: MessageView[]
  nextBefore: string | null
  /** Older ones were removed. */
  beginsAt?: string | undefined
}

/** @returns a page of a customer's messages, newest first. @throws Unavailable. */
export function listMessages(db: Db, query: MessagesQuery): Promise<MessagesPage> {
  return read(db, 'messages.list_messages', async (reader) => {
    const { status, tag, toDigits, limit } = query
    const { requests, nextBefore } = await findCandidates(reader, query)
    const some = toDigits === undefined ? requests : await withRecipient(reader, requests, toDigits)
    const found = (await describeMessages(reader, some)).filter(
      (message) =>
        (status === undefined || message.status === status) &&
        (tag === undefined || message.tags.includes(tag)),
    )
    const messages = found.slice(0, limit)
    const last = messages.at(-1)
    const { messages: begins } = await readHistoryBegins(reader)
    return {
      messages,
      nextBefore: found.length > limit && last ? last.smsIdentifier : nextBefore,
      beginsAt: historyBeginsAt(begins),
    }
  })
}

/** By the narrowest filter that has an order of its own; the others are applied to what it finds. */
function findCandidates(reader: Reader, query: MessagesQuery): Promise<FoundRequests> {
  const { status, tag, toDigits, clientReference, limit } = query
  const isFiltered = status !== undefined || tag !== undefined || toDigits !== undefined
  const bounded = isFiltered ? query : { ...query, wanted: limit }
  if (clientReference !== undefined) return findReferenced(reader, clientReference, bounded)
  if (tag !== undefined) return findTaggedWith(reader, tag, bounded)
  if (status !== undefined && isOpenV1(status)) return findOpenRequests(reader, bounded)
  return findRequests(reader, bounded)
}
