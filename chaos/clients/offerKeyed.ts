import { setTimeout as pause } from 'node:timers/promises'
import { SPEND_PER_DAY_OF } from '../customers.ts'
import { openRandom } from '../random.ts'
import { cancelMessage, cancelSurely } from './cancelMessage.ts'
import { drawMessage, drawWords } from './drawMessage.ts'
import type { OfferedLoad } from './offer.ts'
import type { ClientRecord, Sent } from './record.ts'
import { sendKeyed } from './sendKeyed.ts'
import type { KeyHolder, KeyedTurn } from './sendKeyed.ts'
import { takeBulk } from './takeBulk.ts'
import { topUpKeyed } from './topUpKeyed.ts'

export interface OfferKeyedOptions {
  apiUrls: readonly string[]
  /** Grows: none has a key as long as the database is older than keys. */
  holders: readonly KeyHolder[]
  seed: number
  record: ClientRecord
  clients?: number
  eventsOf?: KeyedTurn['eventsOf']
}

/** Many clients that send seldom, some ten messages a second in all. */
const CLIENTS = 1_000
const THINK_MS = [60_000, 120_000] as const
const STOP_LOOK_MS = 250
const TRIES_MAX = 5
/** What a turn is, in shares of all; the rest is sent and nothing more. */
const TURNS: readonly (readonly [share: number, take: (turn: KeyedTurn, mark: string) => Promise<void>])[] = [
  [0.25, sendAndCancel],
  [0.25, schedule],
  [0.1, scheduleAndWithdraw],
  [0.12, (turn, mark) => takeBulk(turn, mark, TRIES_MAX)],
  [0.05, (turn, mark) => topUpKeyed(turn, mark, TRIES_MAX)],
]

/** Ahead of the moment in which it is drawn: at most after the longest outage of one client. */
const SOON_MS = [2_000, 8_000] as const
const SOON_CANCELLED_SHARE = 0.5
/** A cancellation around the due instant. */
const AROUND_MS = [-400, 200] as const
/** Beyond the faults of a short run. One that could not be cancelled delays the end of a run by this time. */
const LATER_MS = 180_000
/** If it is not known whether it was accepted, it could not be cancelled. */
const LATER_TRIES_MAX = 200
/** A cancellation soon after the answer of the send. */
const AFTER_MS = [0, 300] as const
const CANCELS_MAX = 3

/**
 * Clients with API keys: they repeat requests under idempotency keys, schedule, cancel at random moments, send bulks, and
 * have their balances topped up.
 */
export function offerKeyed(options: OfferKeyedOptions): OfferedLoad {
  const { apiUrls, holders, seed, record, eventsOf, clients: count = CLIENTS } = options
  const first = record.sent.length
  let isStopping = false
  const rest = async (ms: number) => {
    const untilMs = performance.now() + ms
    while (!isStopping && performance.now() < untilMs) await pause(STOP_LOOK_MS)
  }
  const client = async (number: number) => {
    const random = openRandom(seed + number)
    const thinkMs = () => (random.whole(...THINK_MS) * count) / CLIENTS
    await rest(random.share() * thinkMs())
    for (let turn = 0; !isStopping; turn++) {
      const mark = `key-${first}.${number}.${turn}`
      if (holders.length > 0) {
        const common = { apiUrls, random, record, ...(eventsOf && { eventsOf }) }
        await take({ ...common, holder: random.pick(holders) }, mark)
      }
      await rest(thinkMs())
    }
  }
  const clients = Array.from({ length: count }, (_, number) => client(number))
  return {
    stop: async () => {
      isStopping = true
      await Promise.all(clients)
    },
  }
}

function take(turn: KeyedTurn, mark: string): Promise<void> {
  let drawn = turn.random.share()
  for (const [share, takeThis] of TURNS) {
    drawn -= share
    if (drawn < 0) return takeThis(turn, mark)
  }
  return send(turn, drawMessage(turn, mark))
}

/** Cancels right after the answer, in a race with the relay and the consumer. */
async function sendAndCancel(turn: KeyedTurn, mark: string): Promise<void> {
  const sent = drawMessage(turn, mark)
  await send(turn, sent)
  await cancelSometimes(turn, sent, AFTER_MS)
}

async function schedule(turn: KeyedTurn, mark: string): Promise<void> {
  const { random } = turn
  const sendAtMs = Date.now() + random.whole(...SOON_MS)
  const sent = { ...drawMessage(turn, mark), sendAtMs }
  await send(turn, sent)
  if (random.share() >= SOON_CANCELLED_SHARE) return
  await pause(Math.max(0, sendAtMs + AROUND_MS[0] - Date.now()))
  await cancelSometimes(turn, sent, [0, AROUND_MS[1] - AROUND_MS[0]])
}

async function scheduleAndWithdraw(turn: KeyedTurn, mark: string): Promise<void> {
  // A refusal for the limit would leave it unknown whether an earlier try is still being decided.
  if (SPEND_PER_DAY_OF.has(turn.holder.customer)) return send(turn, drawMessage(turn, mark))
  const sent = { ...drawMessage(turn, mark), sendAtMs: Date.now() + LATER_MS }
  await send(turn, sent, LATER_TRIES_MAX)
  if (sent.smsIdentifier !== undefined) await cancelSurely(turn, sent)
  await cancelSometimes(turn, sent, AFTER_MS)
}

/** Up to three cancellations, each at a moment of its own. */
async function cancelSometimes(
  turn: KeyedTurn,
  sent: Sent,
  [least, most]: readonly [number, number],
): Promise<void> {
  if (sent.smsIdentifier === undefined) return
  await Promise.all(
    Array.from({ length: turn.random.whole(1, CANCELS_MAX) }, async () => {
      await pause(turn.random.whole(least, most))
      await cancelMessage(turn, sent)
    }),
  )
}

function send(turn: KeyedTurn, sent: Sent, triesMax = TRIES_MAX): Promise<void> {
  return sendKeyed(turn, sent, { words: drawWords(turn.random), triesMax })
}
