import { setTimeout as pause } from 'node:timers/promises'
import { POISON } from '../faults/operators.ts'
import { openRandom } from '../random.ts'
import type { Random } from '../random.ts'
import { ask } from './ask.ts'
import { noteAnswer, numbersOf } from './record.ts'
import type { ClientRecord, Sent } from './record.ts'

export interface OfferOptions {
  apiUrls: readonly string[]
  customers: readonly number[]
  seed: number
  record: ClientRecord
  clients?: number
}

/** Clients that send, one request after the other. */
export interface OfferedLoad {
  /** Begins nothing more; resolves when every request has its answer, or has lost it. */
  stop(): Promise<void>
}

/** Each waits for its answer before it sends again, so that a slow engine is asked less. */
const CLIENTS = 16
const THINK_MS = [20, 180] as const
/** Before it asks again after a refusal or no answer: a server that is gone refuses at once. */
const AGAIN_MS = [150, 600] as const
/** Refused and unanswered ones are sent again, as clients do; with the same text, under another mark. */
const AGAIN_MAX = 2
const EXPRESS_SHARE = 0.3
const POISON_SHARE = 0.02
const TOP_UP_SHARE = 0.02
const TOP_UP_MAX = 60
const FIRST_NUMBER_MAX = 9_000_000_000

export function offer(options: OfferOptions): OfferedLoad {
  const { apiUrls, customers, seed, record, clients: count = CLIENTS } = options
  // Marks of a later offering go on where those of the one before ended.
  const first = record.sent.length

  let isStopping = false
  const client = async (number: number) => {
    const random = openRandom(seed + number)
    for (let turn = 0; !isStopping; turn++) {
      const mark = `${first}.${number}.${turn}`
      const customer = random.pick(customers)
      if (random.share() < TOP_UP_SHARE) await topUp(random.pick(apiUrls), { mark, customer, random, record })
      else await send({ apiUrls, mark, customer, random, record })
      await pause(random.whole(...THINK_MS))
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

interface Turn {
  mark: string
  customer: number
  random: Random
  record: ClientRecord
}

async function send({ apiUrls, mark, customer, random, record }: Turn & Pick<OfferOptions, 'apiUrls'>) {
  const type = random.share() < EXPRESS_SHARE ? 'express' : 'normal'
  const recipients = drawRecipients(random)
  const words = random.share() < POISON_SHARE ? `the parser ${POISON}` : 'your parcel is on its way'
  const firstNumber = random.whole(0, FIRST_NUMBER_MAX)
  for (let again = 0; again <= AGAIN_MAX; again++) {
    const sent: Sent = {
      ...{ mark: `${mark}.${again}`, customer, type, recipients, firstNumber },
      ...{ answered: 'unknown', label: '' },
    }
    // Noted before it is sent: what is in the tables and was never begun would be a message from nowhere.
    record.sent.push(sent)
    const { answered, label, body } = await ask(`${random.pick(apiUrls)}/sms/send`, {
      customer_id: customer,
      text: `[${sent.mark}] ${words}`,
      type,
      recipients: numbersOf(sent),
    })
    noteAnswer(record, label)
    Object.assign(sent, { answered, label })
    if (typeof body['sms_identifier'] === 'string') sent.smsIdentifier = body['sms_identifier']
    if (typeof body['cost'] === 'number') sent.cost = body['cost']
    if (answered === 'accepted' || label.startsWith('4')) return
    await pause(random.whole(...AGAIN_MS))
  }
}

async function topUp(url: string, { mark, customer, random, record }: Turn): Promise<void> {
  const toppedUp = { mark, customer, amount: random.whole(1, TOP_UP_MAX), answered: 'unknown' as const }
  record.toppedUp.push(toppedUp)
  const { answered, label } = await ask(`${url}/balance/add`, {
    ...{ user_id: customer, balance: toppedUp.amount, description: `[${mark}] top-up` },
  })
  noteAnswer(record, label)
  Object.assign(toppedUp, { answered })
}

/** Mostly one; now and then as many as a transaction of its own takes. */
function drawRecipients(random: Random): number {
  const chance = random.share()
  if (chance < 0.8) return 1
  if (chance < 0.995) return random.whole(2, 8)
  return random.whole(100, 700)
}
