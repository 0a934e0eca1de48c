import { setTimeout as pause } from 'node:timers/promises'
import { cancelSurely } from '../clients/cancelMessage.ts'
import type { Sent } from '../clients/record.ts'
import { sendKeyed } from '../clients/sendKeyed.ts'
import type { KeyedTurn } from '../clients/sendKeyed.ts'
import { openRandom } from '../random.ts'
import type { Random } from '../random.ts'
import type { Measured } from '../startWorld.ts'
import { inTurn } from './inTurn.ts'
import type { Scenario } from './scenario.ts'

const MESSAGES = 10_000
const AT_ONCE = 300
/** Scheduled ones are due this long after their send, some fifty in each second; the others at once. */
const AHEAD_MS = 5_000
const AT_ONCE_SHARE = 0.2
/** Cancellations around the due instant: before it, between claim, publish, call and settlement, and after them. */
const AROUND_MS = [-500, 200] as const
const EXPRESS_SHARE = 0.3
const TRIES_MAX = 20
const FIRST_NUMBER = 1_000_000_000
const CANCELS = 2
/** Fewer of either would say that the two did not meet. */
const SHARE_MIN = 0.05

/** Cancels each of 10,000 messages while it is relayed and sent, twice, by any process. */
export const cancelWhileSent: Scenario = async ({ world, record }, { holders, seed, say }) => {
  const random = openRandom(seed)
  say(`sending ${MESSAGES} messages and cancelling each`)
  const sent = Array.from({ length: MESSAGES }, (_, number) =>
    draw(random, `cancel-${number}`, FIRST_NUMBER + number),
  )
  await inTurn(sent, AT_ONCE, async (each) => {
    const holder = random.pick(holders)
    each.customer = holder.customer
    if (random.share() >= AT_ONCE_SHARE) each.sendAtMs = Date.now() + AHEAD_MS
    const turn: KeyedTurn = { apiUrls: world.processes.apiUrls, holder, random, record }
    await sendKeyed(turn, each, { words: 'to be cancelled', triesMax: TRIES_MAX, isSteady: true })
    if (each.smsIdentifier === undefined) return
    await Promise.all(Array.from({ length: CANCELS }, () => cancelAround(turn, each)))
  })
  return () => Promise.resolve(measure(sent))
}

async function cancelAround(turn: KeyedTurn, sent: Sent): Promise<void> {
  const atMs = (sent.sendAtMs ?? Date.now()) + turn.random.whole(...AROUND_MS)
  await pause(Math.max(0, atMs - Date.now()))
  await cancelSurely(turn, sent)
}

function draw(random: Random, mark: string, firstNumber: number): Sent {
  return {
    ...{ mark, customer: 0, type: random.share() < EXPRESS_SHARE ? 'express' : 'normal' },
    ...{ recipients: 1, firstNumber, answered: 'unknown', label: '' },
  }
}

/** By the clients' answers. The proof compares each of them with the tables and the operators' record. */
export function measure(sent: readonly Sent[]): Measured {
  const accepted = sent.filter(({ answered }) => answered === 'accepted')
  const cancelled = accepted.filter(({ cancels = [] }) =>
    cancels.some(({ answered }) => answered === 'accepted'),
  )
  const refused = accepted.length - cancelled.length
  const missed: string[] = []
  if (accepted.length < sent.length)
    missed.push(`${sent.length - accepted.length} of ${sent.length} messages were not accepted`)
  for (const [what, count] of [
    ['cancelled', cancelled.length],
    ['sent before', refused],
  ] as const)
    if (count < sent.length * SHARE_MIN) missed.push(`only ${count} of ${sent.length} were ${what}`)
  const lines = [
    `Of ${accepted.length} messages that were cancelled while they were sent, ${cancelled.length} were cancelled and ` +
      `refunded, and ${refused} were not, because they were being sent or were sent.`,
  ]
  return { lines, missed }
}
