import { setImmediate } from 'node:timers/promises'
import { readInput } from '../../../platform/http/index.ts'
import { Problem } from '../../../primitives/problem.ts'
import { parseSendAt } from '../../../primitives/sendAt.ts'
import type { BulkItem, BulkPart } from '../../bulk/types.ts'
import type { SendRequest } from '../../types.ts'
import { messageBody, prepareMessage } from '../prepareMessage.ts'
import type { PrepareContext, ReadCustomer } from '../prepareMessage.ts'
import { V1_SYNONYMS } from '../v1Fields.ts'
import type { BulkInput } from './bulkBody.ts'

/** Messages of one transaction: some 100 ms for which their customer's balance is locked. */
const PART_MESSAGES_MAX = 500
/** Messages that are read in one turn of the event loop, some milliseconds of work. */
const READ_AT_ONCE = 25

/** What all messages of a bulk have in common. */
export type OfBulk = Pick<
  SendRequest,
  'userId' | 'isTest' | 'traceparent' | 'partsLimit' | 'spendLimits' | 'sending'
>

/** What its messages are read by. */
interface ReadBy extends PrepareContext {
  customer: ReadCustomer
}

/** Cuts a bulk into parts, by its length alone: a repeat has the same ones. */
export function cutIntoParts(
  { messages, isAllOrNothing }: BulkInput,
  ofBulk: OfBulk,
  context: ReadBy,
): BulkPart[] {
  const size = isAllOrNothing ? messages.length : PART_MESSAGES_MAX
  const schema = messageBody(context.limits)
  const prepareOne = (input: unknown, index: number) => prepare(schema, input, { index, ofBulk, context })
  const parts: BulkPart[] = []
  for (let first = 0; first < messages.length; first += size) {
    const end = Math.min(first + size, messages.length)
    parts.push({ first, end, prepare: () => prepareAll(messages.slice(first, end), first, prepareOne) })
  }
  return parts
}

async function prepareAll(
  messages: unknown[],
  first: number,
  prepareOne: (input: unknown, index: number) => Promise<BulkItem>,
): Promise<BulkItem[]> {
  const items: BulkItem[] = []
  for (const [offset, message] of messages.entries()) {
    if (offset % READ_AT_ONCE === 0) await setImmediate()
    items.push(await prepareOne(message, first + offset))
  }
  return items
}

async function prepare(
  schema: ReturnType<typeof messageBody>,
  input: unknown,
  { index, ofBulk, context }: { index: number; ofBulk: OfBulk; context: ReadBy },
): Promise<BulkItem> {
  try {
    if (typeof input !== 'object' || input === null || Array.isArray(input))
      return { index, problem: notAnObject() }
    const prepared = await prepareMessage(readInput(schema, input, V1_SYNONYMS), context, context.customer)
    return { index, request: { ...prepared, ...ofBulk } }
  } catch (error) {
    if (error instanceof Problem) return { index, problem: error }
    throw error
  }
}

function notAnObject(): Problem {
  return new Problem(400, 'invalid_request', 'The message must be an object.')
}

/** @returns the latest valid time of a message, if one has a time. */
export function lastSendAtOf({ messages }: BulkInput, nowMs: number): Date | undefined {
  let lastMs = -Infinity
  for (const message of messages) {
    const { send_at: text } = (message ?? {}) as { send_at?: unknown }
    const parsed = typeof text === 'string' ? parseSendAt(text, nowMs) : undefined
    if (parsed && parsed.kind !== 'fault') lastMs = Math.max(lastMs, parsed.atMs)
  }
  return lastMs === -Infinity ? undefined : new Date(lastMs)
}

/** A message that does not say what it is is normal. */
export function hasNormal({ messages }: BulkInput): boolean {
  return messages.some((message) => ((message ?? {}) as { type?: unknown }).type !== 'express')
}
