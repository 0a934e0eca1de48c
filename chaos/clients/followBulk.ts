import { ask } from './ask.ts'
import { noteAnswer } from './record.ts'
import type { Cancel, SentBulk } from './record.ts'
import { countsOf } from './sendBulk.ts'
import { credentialOf } from './sendKeyed.ts'
import type { KeyedTurn } from './sendKeyed.ts'

/** Reads the result of an accepted bulk once. */
export async function readBulk(turn: KeyedTurn, bulk: SentBulk): Promise<void> {
  const { answered, label, body } = await ask(urlOf(turn, bulk), undefined, {
    ...{ method: 'GET', headers: credentialOf(turn) },
  })
  noteAnswer(turn.record, `read bulk: ${label}`)
  if (answered === 'accepted') bulk.reads.push(countsOf(body))
}

/** Asks once to cancel a bulk that was accepted. */
export async function cancelBulk(turn: KeyedTurn, bulk: SentBulk): Promise<void> {
  const { answered, label, body } = await ask(urlOf(turn, bulk), undefined, {
    ...{ method: 'DELETE', headers: credentialOf(turn) },
  })
  const cancel: Cancel = { answered, label }
  if (typeof body['recipients'] === 'number') cancel.cancelled = body['recipients']
  if (typeof body['refunded'] === 'number') cancel.refunded = body['refunded']
  noteAnswer(turn.record, `cancel bulk: ${label}`)
  bulk.cancels.push(cancel)
}

function urlOf({ apiUrls, random }: KeyedTurn, { bulkId }: SentBulk): string {
  return `${random.pick(apiUrls)}/v1/bulks/${bulkId}`
}
