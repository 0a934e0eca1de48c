import { setTimeout as pause } from 'node:timers/promises'
import { drawMessage, drawWords } from './drawMessage.ts'
import { cancelBulk, readBulk } from './followBulk.ts'
import type { SentBulk } from './record.ts'
import { sendBulk } from './sendBulk.ts'
import type { KeyedTurn } from './sendKeyed.ts'

const MESSAGES = [2, 8] as const
/** A bulk of several transactions, one in some hundred turns: it is as much as all others of a minute. */
const LARGE_SHARE = 0.02
const LARGE_MESSAGES = [501, 560] as const
const ALL_OR_NOTHING_SHARE = 0.4
const WRONG_SHARE = 0.25
/** Sent once, and without an idempotency key. */
const WITHOUT_KEY_SHARE = 0.2
const CUT_SHARE = 0.2
const CUT_AFTER_MS = [1, 60] as const
const SOON_SHARE = 0.4
const READ_SHARE = 0.5
const CANCELLED_SHARE = 0.5
const SOON_MS = [2_000, 8_000] as const
const CANCELS_MAX = 3
const AFTER_MS = [0, 300] as const

/** A bulk; some are read, and some are cancelled right after the answer, when scheduled messages of it surely wait. */
export async function takeBulk(turn: KeyedTurn, mark: string, triesMax: number): Promise<void> {
  const { random } = turn
  const bulk = drawBulk(turn, mark)
  const isSentOnce = random.share() < WITHOUT_KEY_SHARE
  await sendBulk(turn, bulk, {
    words: bulk.messages.map(() => drawWords(random)),
    triesMax: isSentOnce ? undefined : triesMax,
    cutAfterMs: random.share() < CUT_SHARE ? random.whole(...CUT_AFTER_MS) : undefined,
  })
  if (bulk.bulkId === undefined) return
  if (random.share() < CANCELLED_SHARE) {
    await pause(random.whole(...AFTER_MS))
    await Promise.all(Array.from({ length: random.whole(1, CANCELS_MAX) }, () => cancelBulk(turn, bulk)))
  }
  if (random.share() < READ_SHARE) await readBulk(turn, bulk)
}

function drawBulk(turn: KeyedTurn, mark: string): SentBulk {
  const { random, holder } = turn
  const isLarge = random.share() < LARGE_SHARE
  const [least, most] = isLarge ? LARGE_MESSAGES : MESSAGES
  const count = random.whole(least, most)
  const sendAtMs = random.share() < SOON_SHARE ? Date.now() + random.whole(...SOON_MS) : undefined
  const messages = Array.from({ length: count }, (_, index) => ({
    ...drawMessage(turn, `${mark}.${index}`),
    ...(isLarge && { recipients: 1 }),
    ...(sendAtMs !== undefined && { sendAtMs }),
  }))
  return {
    ...{ mark, customer: holder.customer, isTest: holder.isTest, messages },
    isAllOrNothing: random.share() < ALL_OR_NOTHING_SHARE,
    ...(random.share() < WRONG_SHARE && { wrongAt: random.whole(0, count - 1) }),
    ...{ answered: 'unknown', label: '', reads: [], cancels: [] },
  }
}
