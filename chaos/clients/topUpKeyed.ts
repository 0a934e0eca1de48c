import { ADMIN_KEY } from '../stage/adminKey.ts'
import { ask } from './ask.ts'
import { noteAnswer } from './record.ts'
import type { ToppedUp } from './record.ts'
import { concludeTries, repeatKeyed } from './repeatKeyed.ts'
import { credential } from './sendKeyed.ts'
import type { KeyedTurn } from './sendKeyed.ts'

const AMOUNT_MAX = 60

/** Adds money to the holder's balance as an admin, under the mark as the idempotency key. */
export async function topUpKeyed(turn: KeyedTurn, mark: string, triesMax: number): Promise<void> {
  const { apiUrls, holder, random, record } = turn
  const { customer, publicId } = holder
  const toppedUp: ToppedUp = { mark, customer, amount: random.whole(1, AMOUNT_MAX), answered: 'unknown' }
  record.toppedUp.push(toppedUp)
  const body = { amount_cents: toppedUp.amount, description: `[${mark}] top-up` }
  const { repeated, results } = await repeatKeyed(random, mark, { triesMax }, async ({ key, cutAfterMs }) => {
    const headers = { ...credential(ADMIN_KEY, random), 'idempotency-key': key }
    const url = `${random.pick(apiUrls)}/v1/admin/customers/${publicId}/top-up`
    const asked = await ask(url, body, { headers, cutAfterMs })
    noteAnswer(record, `top-up with key: ${asked.label}${asked.isReplayed ? ' replayed' : ''}`)
    return asked
  })
  const { answered } = concludeTries(results)
  Object.assign(toppedUp, { answered, repeated })
  const id = results.find((each) => each.answered === 'accepted')?.body['transaction_id']
  if (typeof id === 'string') toppedUp.transactionId = id
}
