import { claimPolls, referenceOf, removePolls, returnPolls } from '../../messages/index.ts'
import type { ReceiptPoll } from '../../messages/index.ts'
import { ask, encodeReceipts } from '../../operators/index.ts'
import type { Operator, OperatorEvents, QueryAnswer, Receipt } from '../../operators/index.ts'
import { transact } from '../../platform/db/index.ts'
import type { Db } from '../../platform/db/index.ts'
import type { PollEvents } from './events.ts'

export interface PollContext {
  db: Db
  /** Of class normal where the operator serves it; undefined for one that is drained or no longer configured. */
  operatorOf: (name: string) => Operator | undefined
  /** Stores receipts as if the operator had sent them. Resolves when that is committed. */
  store: (receipts: { operator: string; protocol: 'chapar-http'; raw: Uint8Array }) => Promise<void>
  events: PollEvents
  operatorEvents: Pick<OperatorEvents, 'operatorAsked'>
}

/** Claimed at once. A process that dies leaves as many to be asked one turn later. */
const POLLS_MAX = 500
/** Questions to one operator at once, so that one that answers slowly is asked about many all the same. */
const QUESTIONS_AT_ONCE_MAX = 8
/** Of its connections: a status route that hangs must not keep messages from the operator. */
const CONNECTIONS_SHARE = 1 / 4
/** Then what is due is claimed anew: an operator that answers slowly holds up the others no longer. */
const ROUND_MAX_MS = 10_000
const QUESTION_TIMEOUT_MS = 5_000
const OPTIONS = { resolve: () => Promise.resolve(undefined) }

/**
 * Asks operators about messages that are due, stores final answers as receipts, and then ends their polls: a crash in
 * between repeats a receipt, which changes nothing. What is not asked in time is due again at once.
 * @returns whether more may be due. @throws Unavailable.
 */
export async function pollDue(context: PollContext, stopping?: AbortSignal): Promise<'worked' | 'idle'> {
  const { db, events } = context
  const { due, ended } = await transact(
    db,
    'delivery.claim_polls',
    (tx) => claimPolls(tx, POLLS_MAX),
    OPTIONS,
  )
  for (const { operator } of ended) events.polled({ operator, answer: 'ended' })
  const byOperator = Map.groupBy(due, ({ operator }) => operator)
  const endsAtMs = performance.now() + ROUND_MAX_MS
  const isOver = () => stopping?.aborted === true || performance.now() >= endsAtMs
  await all([...byOperator].map(([name, polls]) => askAll(context, name, polls, isOver)))
  return due.length + ended.length === POLLS_MAX ? 'worked' : 'idle'
}

async function askAll(
  context: PollContext,
  name: string,
  polls: ReceiptPoll[],
  isOver: () => boolean,
): Promise<void> {
  const operator = context.operatorOf(name)
  if (!operator?.adapter.query)
    return polls.forEach(() => context.events.polled({ operator: name, answer: 'not_asked' }))
  const { batchSizeMax, callsInFlightMax } = operator.adapter
  const atOnce = Math.floor(callsInFlightMax * CONNECTIONS_SHARE)
  const lanes = Math.max(1, Math.min(QUESTIONS_AT_ONCE_MAX, atOnce))
  const batches: ReceiptPoll[][] = []
  for (let start = 0; start < polls.length; start += batchSizeMax)
    batches.push(polls.slice(start, start + batchSizeMax))
  const askInTurn = async () => {
    while (!isOver()) {
      const batch = batches.shift()
      if (!batch) return
      await askOne(context, operator, batch)
    }
  }
  await all(Array.from({ length: lanes }, askInTurn))
  const left = batches.flat()
  if (left.length === 0) return
  for (const { operator: name } of left) context.events.polled({ operator: name, answer: 'not_asked' })
  await transact(context.db, 'delivery.return_polls', (tx) => returnPolls(tx, left), OPTIONS)
}

/** Rejects with the first error when all have ended: nothing goes on beside the next round. */
async function all(promises: Promise<void>[]): Promise<void> {
  for (const result of await Promise.allSettled(promises))
    if (result.status === 'rejected') throw result.reason
}

async function askOne(
  { db, store, events, operatorEvents }: PollContext,
  operator: Operator,
  polls: ReceiptPoll[],
): Promise<void> {
  const { name } = operator
  // An operator is asked by our reference: the text may be removed by now.
  const questions = polls.map((poll) => {
    return { reference: referenceOf(poll), to: poll.recipient, from: null, text: '' }
  })
  const answers = await ask(operator, questions, { timeoutMs: QUESTION_TIMEOUT_MS, events: operatorEvents })
  polls.forEach((_, position) => events.polled({ operator: name, answer: toWord(answers?.[position]) }))
  const final = polls.flatMap((poll, position) => {
    const receipt = toReceipt(poll, answers?.[position])
    return receipt ? [{ poll, receipt }] : []
  })
  if (final.length === 0) return
  const raw = encodeReceipts(final.map(({ receipt }) => receipt))
  await store({ operator: name, protocol: 'chapar-http', raw })
  const keys = final.map(({ poll }) => poll)
  await transact(db, 'delivery.remove_polls', (tx) => removePolls(tx, keys), OPTIONS)
}

function toWord(answer: QueryAnswer | undefined) {
  if (!answer) return 'not_asked'
  return answer.kind === 'taken' ? (answer.delivery?.verdict ?? 'pending') : answer.kind
}

function toReceipt(poll: ReceiptPoll, answer: QueryAnswer | undefined): Receipt | undefined {
  if (answer?.kind !== 'taken' || !answer.delivery) return undefined
  return { ...answer.delivery, reference: referenceOf(poll), operatorMessageId: null, partNo: null }
}
