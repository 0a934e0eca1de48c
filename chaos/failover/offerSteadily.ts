import { setTimeout as pause } from 'node:timers/promises'
import type { ClientRecord, Sent } from '../clients/record.ts'
import { sendKeyed } from '../clients/sendKeyed.ts'
import type { KeyHolder } from '../clients/sendKeyed.ts'
import { openRandom } from '../random.ts'
import type { Random } from '../random.ts'

interface SteadyOptions {
  apiUrls: readonly string[]
  holders: readonly KeyHolder[]
  record: ClientRecord
  seed: number
  ratePerSecond: number
}

export interface SteadyLoad {
  accepted(): number
  /** Requests that were not begun, because WAITING_MAX were still without an answer. */
  leftOut(): number
  /** Begins nothing more; resolves when every request has its last answer. */
  stop(): Promise<void>
}

const TICK_MS = 20
/** Clients that wait for their answers at once; more would be a load of its own. */
const WAITING_MAX = 8_000
/** With the pauses between them, for much longer than any outage here. */
const TRIES_MAX = 300
const EXPRESS_SHARE = 0.3
const FIRST_NUMBER_MAX = 9_000_000_000

/**
 * Begins requests at a steady rate, whatever the earlier ones got. Each is repeated under its idempotency key until it
 * is accepted.
 */
export function offerSteadily(options: SteadyOptions): SteadyLoad {
  const { apiUrls, holders, record, seed, ratePerSecond } = options
  const random = openRandom(seed)
  const waiting = new Set<Promise<void>>()
  let [begun, accepted, leftOut] = [0, 0, 0]
  let isStopping = false
  const send = async () => {
    const holder = random.pick(holders)
    const sent = draw(random, `steady-${begun}`, holder.customer)
    const how = { words: 'through a failover', triesMax: TRIES_MAX, isSteady: true }
    await sendKeyed({ apiUrls, holder, random, record }, sent, how)
    if (sent.answered === 'accepted') accepted++
  }
  const begin = () => {
    begun++
    if (waiting.size >= WAITING_MAX) return void leftOut++
    const sending = send().finally(() => waiting.delete(sending))
    waiting.add(sending)
  }
  const startedAtMs = performance.now()
  const keepBeginning = async () => {
    while (!isStopping) {
      const due = Math.floor(((performance.now() - startedAtMs) / 1_000) * ratePerSecond)
      while (begun < due) begin()
      await pause(TICK_MS)
    }
  }
  const beginning = keepBeginning()
  return {
    accepted: () => accepted,
    leftOut: () => leftOut,
    async stop() {
      isStopping = true
      await beginning
      await Promise.all(waiting)
    },
  }
}

function draw(random: Random, mark: string, customer: number): Sent {
  return {
    ...{ mark, customer, type: random.share() < EXPRESS_SHARE ? 'express' : 'normal', recipients: 1 },
    ...{ firstNumber: random.whole(0, FIRST_NUMBER_MAX), answered: 'unknown', label: '' },
  }
}
