import { decideQuarantined } from '../../delivery/index.ts'
import type { QuarantineDecision } from '../../delivery/index.ts'
import type { Db } from '../../platform/db/index.ts'
import type { MessageClass } from '../../primitives/messageClass.ts'
import { retryOrphans } from '../../receipts/index.ts'
import { replay, resumeEndpoint } from '../../webhooks/index.ts'
import type { Performers } from './carryOutNext.ts'
import type { ActionInput } from './kinds.ts'

/** One dead letter, as the page shows it. */
export interface ShownLetter {
  id: string
  reason: string
  putAt: Date | undefined
  bytes: number
  outline: string
}

/** What a relay can do with dead letters; nothing of it needs a connection that is open already. */
export interface DeadLetterActions {
  list: (type: MessageClass) => Promise<ShownLetter[]>
  replay: (type: MessageClass, ids: readonly string[]) => Promise<{ result: string }[]>
  drop: (type: MessageClass, ids: readonly string[]) => Promise<{ result: string }[]>
}

export interface PerformersOptions {
  db: Db
  newId: () => string
  deadLetters: DeadLetterActions
}

const LETTERS_SHOWN_MAX = 500

export function createPerformers({ db, newId, deadLetters }: PerformersOptions): Performers {
  return {
    'dead_letters.list': async (input) => {
      const letters = await deadLetters.list(input.class)
      const shown = letters.slice(0, LETTERS_SHOWN_MAX).map(({ id, reason, putAt, bytes, outline }) => ({
        ...{ id, reason, put_at: putAt?.toISOString() ?? null, bytes, outline },
      }))
      return { letters: shown, omitted: letters.length - shown.length }
    },
    'dead_letters.replay': async (input) => countResults(await deadLetters.replay(input.class, input.ids)),
    'dead_letters.drop': async (input) => countResults(await deadLetters.drop(input.class, input.ids)),
    'quarantine.decide': (input) => decideAll({ db, newId }, input),
    'receipts.retry': async ({ ids }) => ({ retried: await retryOrphans(db, ids) }),
    'webhook.resume': async (input) => ({
      found: await resumeEndpoint(db, { userId: input.user_id, endpointId: input.endpoint_id }),
    }),
    'webhook.replay': async (input) => {
      const key = { userId: input.user_id, endpointId: input.endpoint_id }
      return { found: (await replay(db, key, input.after)) !== undefined }
    },
  }
}

function countResults(handled: { result: string }[]): Record<string, number> {
  const groups = Map.groupBy(handled, ({ result }) => result)
  return Object.fromEntries([...groups].map(([result, all]) => [result, all.length]))
}

/** One transaction each: what was decided before an interruption stays so, and is not decided again. */
async function decideAll(
  context: { db: Db; newId: () => string },
  { decision, operator, recipients }: ActionInput<'quarantine.decide'>,
): Promise<object> {
  const decided: QuarantineDecision =
    decision === 'sent' ? { kind: 'sent', provider: operator } : { kind: decision }
  const results = []
  for (const { id, no } of recipients)
    results.push({
      result: await decideQuarantined(context, { smsIdentifier: id, recipientNo: no }, decided),
    })
  return countResults(results)
}
