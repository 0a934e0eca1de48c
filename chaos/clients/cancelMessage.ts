import { setTimeout as pause } from 'node:timers/promises'
import { ask } from './ask.ts'
import { noteAnswer } from './record.ts'
import type { Cancel, Sent } from './record.ts'
import { AGAIN_MS } from './repeatKeyed.ts'
import { credentialOf } from './sendKeyed.ts'
import type { KeyedTurn } from './sendKeyed.ts'

/** Some two minutes: longer than any fault. */
const TRIES_MAX = 300

/** Asks once to cancel a message that was accepted. */
export async function cancelMessage(turn: KeyedTurn, sent: Sent): Promise<Cancel> {
  const { apiUrls, random, record } = turn
  const { answered, label, body } = await ask(
    `${random.pick(apiUrls)}/v1/messages/${sent.smsIdentifier}`,
    undefined,
    {
      ...{ method: 'DELETE', headers: credentialOf(turn) },
    },
  )
  const cancel: Cancel = { answered, label }
  if (typeof body['cancelled'] === 'number') cancel.cancelled = body['cancelled']
  if (typeof body['refunded'] === 'number') cancel.refunded = body['refunded']
  noteAnswer(record, `cancel: ${label}`)
  sent.cancels = [...(sent.cancels ?? []), cancel]
  return cancel
}

/** Asks until it is known whether the message is cancelled. */
export async function cancelSurely(turn: KeyedTurn, sent: Sent): Promise<void> {
  for (let time = 0; time < TRIES_MAX; time++) {
    const { answered, label } = await cancelMessage(turn, sent)
    if (answered === 'accepted' || label.startsWith('409')) return
    await pause(turn.random.whole(...AGAIN_MS))
  }
}
