import { setTimeout as pause } from 'node:timers/promises'
import { openRandom } from '../random.ts'
import type { Random } from '../random.ts'
import type { ClientRecord, Sent } from './record.ts'
import { sendKeyed } from './sendKeyed.ts'
import type { KeyHolder } from './sendKeyed.ts'

interface SendingOptions {
  apiUrls: readonly string[]
  holders: readonly KeyHolder[]
  record: ClientRecord
  seed: number
  /** Begins the mark of each message. */
  name: string
  /** The text of each message. */
  words: string
  /** Between a client's messages. */
  thinkMs: number
}

export interface Sending {
  /** Grows. */
  sent: readonly Sent[]
  /** Resolves when every client has its last answer. */
  stop: () => Promise<void>
}

const CLIENTS = 12
const EXPRESS_SHARE = 0.3
const TRIES_MAX = 20
const FIRST_NUMBER_MAX = 9_000_000_000

/** Clients that send single messages under keys, one after the other, each until it is accepted. */
export function keepSending(options: SendingOptions): Sending {
  const { apiUrls, holders, record, seed, name, words, thinkMs } = options
  const sent: Sent[] = []
  let isStopping = false
  const client = async (number: number) => {
    const random = openRandom(seed + number)
    for (let turn = 0; !isStopping; turn++) {
      const holder = random.pick(holders)
      const each = draw(random, { mark: `${name}-${number}.${turn}`, customer: holder.customer })
      sent.push(each)
      const how = { words, triesMax: TRIES_MAX, isSteady: true }
      await sendKeyed({ apiUrls, holder, random, record }, each, how)
      await pause(thinkMs)
    }
  }
  const clients = Array.from({ length: CLIENTS }, (_, number) => client(number))
  return {
    sent,
    stop: async () => {
      isStopping = true
      await Promise.all(clients)
    },
  }
}

function draw(random: Random, { mark, customer }: Pick<Sent, 'mark' | 'customer'>): Sent {
  return {
    ...{ mark, customer, type: random.share() < EXPRESS_SHARE ? 'express' : 'normal', recipients: 1 },
    ...{ firstNumber: random.whole(0, FIRST_NUMBER_MAX), answered: 'unknown', label: '' },
  }
}
