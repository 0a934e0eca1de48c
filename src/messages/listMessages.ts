import { read } from '../platform/db/index.ts'
import type { Db } from '../platform/db/index.ts'
import { describeMessages } from './describeMessages.ts'
import type { MessageView } from './describeMessages.ts'
import { findOpenRequests, findRequests } from './findRequests.ts'
import type { V1Status } from './states.ts'
import { isOpenV1 } from './v1Status.ts'

export interface MessagesQuery {
  userId: number
  limit: number
  /** The last message of the page before. */
  before?: string | undefined
  status?: V1Status | undefined
  /** Included. */
  createdFromMs?: number | undefined
  /** Not included. */
  createdUntilMs?: number | undefined
}

/** A page may be short or even empty and have a next one: it examines a bounded number of messages and recipients. */
export interface MessagesPage {
  messages: MessageView[]
  nextBefore: string | null
}

/** @returns a page of a customer's messages, newest first. @throws Unavailable. */
export function listMessages(db: Db, query: MessagesQuery): Promise<MessagesPage> {
  return read(db, 'messages.list_messages', async (reader) => {
    const { status, limit } = query
    const isOpen = status !== undefined && isOpenV1(status)
    const { requests, nextBefore } = isOpen
      ? await findOpenRequests(reader, query)
      : await findRequests(reader, { ...query, ...(status === undefined ? { wanted: limit } : {}) })
    const all = await describeMessages(reader, requests)
    const found = all.filter((message) => status === undefined || message.status === status)
    const messages = found.slice(0, limit)
    const last = messages.at(-1)
    return { messages, nextBefore: found.length > limit && last ? last.smsIdentifier : nextBefore }
  })
}
