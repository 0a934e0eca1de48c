import type { CustomerEvents } from '../endpoints/customerEvents.ts'
import { partsOf } from '../prices.ts'
import type { Random } from '../random.ts'
import { ask } from './ask.ts'
import type { Asked } from './ask.ts'
import { noteAnswer, numbersOf } from './record.ts'
import type { ClientRecord, Sent } from './record.ts'
import { concludeTries, repeatKeyed } from './repeatKeyed.ts'
import type { RepeatOptions } from './repeatKeyed.ts'

/** A customer with one of its API keys. */
export interface KeyHolder {
  customer: number
  /** What the API calls the customer. */
  publicId: string
  key: string
  /** A test key. */
  isTest: boolean
}

/** What a client has for one turn. */
export interface KeyedTurn {
  apiUrls: readonly string[]
  holder: KeyHolder
  random: Random
  record: ClientRecord
  /** Customers whose events are switched on. Grows. */
  eventsOf?: ReadonlyMap<number, CustomerEvents>
}

export interface SendOptions extends RepeatOptions {
  /** The text behind the mark. */
  words: string
}

/** By how much the engine's estimate of the database's clock may be wrong. */
const CLOCK_MS = 1_000

/** Sends one message under its mark as the idempotency key. */
export async function sendKeyed(
  turn: KeyedTurn,
  sent: Sent,
  { words, ...options }: SendOptions,
): Promise<void> {
  const { apiUrls, random, record } = turn
  const body = bodyOf(sent, words)
  record.sent.push(sent)
  const { repeated, results } = await repeatKeyed(random, sent.mark, options, async ({ key, cutAfterMs }) => {
    const headers = { ...credentialOf(turn), 'idempotency-key': key }
    const asked = await ask(`${random.pick(apiUrls)}/v1/messages`, body, { headers, cutAfterMs })
    noteAnswer(record, `with key: ${describe(sent, asked)}`)
    return asked
  })
  const { answered, label } = concludeTries(results)
  Object.assign(sent, { repeated, answered, label })
  const first = results.find((each) => each.answered === 'accepted')?.body ?? {}
  if (typeof first['message_id'] === 'string') sent.smsIdentifier = first['message_id']
  if (typeof first['cost'] === 'number') sent.cost = first['cost']
}

export function credentialOf({ holder: { key }, random }: KeyedTurn): Record<string, string> {
  return credential(key, random)
}

export function credential(key: string, random: Random): Record<string, string> {
  return random.share() < 0.5 ? { 'x-api-key': key } : { authorization: `Bearer ${key}` }
}

/** A message as /v1 takes it. Notes of how many parts its text is. */
export function bodyOf(sent: Sent, words: string): Record<string, unknown> {
  const to = numbersOf(sent)
  const text = `[${sent.mark}] ${words}`
  sent.parts = partsOf(text)
  return {
    ...{ to: to.length === 1 ? to[0] : to, text, type: sent.type },
    ...(sent.isHeld && { on_unknown: 'hold' }),
    ...(sent.sendAtMs !== undefined && { send_at: new Date(sent.sendAtMs).toISOString() }),
    ...(sent.callbackUrl !== undefined && { callback_url: sent.callbackUrl }),
  }
}

/** Whether the time of a scheduled message had passed, so that the engine may refuse it. */
export function isLate({ sendAtMs = Infinity }: Pick<Sent, 'sendAtMs'>): boolean {
  return sendAtMs < Date.now() + CLOCK_MS
}

function describe(sent: Sent, { label, isReplayed }: Asked): string {
  if (label.startsWith('400') && isLate(sent)) return 'send_at has passed'
  return isReplayed ? `${label} replayed` : label
}
