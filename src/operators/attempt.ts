import type { Traced } from '../primitives/traceparent.ts'
import type { Breaker, Ticket } from './breaker.ts'
import { countResults, isFailure, resultOf, throttlingIn } from './callResult.ts'
import type { CallResult, OperatorAdapter, OperatorResult, ReceiptPoll, Submission } from './contract.ts'
import type { OperatorEvents } from './events.ts'
import { submitTraced } from './submitTraced.ts'
import type { Pace } from './pace.ts'
import type { PriceOf } from './prices.ts'
import type { SenderRules } from './senders.ts'
import { countParts } from './throughput/countParts.ts'
import type { Throughput } from './throughput/throughput.ts'

/** One operator as one class of traffic reaches it. Only the connections are shared with the other class. */
export interface Operator {
  readonly name: string
  readonly adapter: OperatorAdapter
  readonly breaker: Breaker
  readonly pace: Pace
  /** Left out: it has no bound on message parts a second. The turn of the first call is the caller's to wait for. */
  readonly throughput?: Throughput
  /** Left out or null: it takes every sender as it is. */
  readonly senders?: SenderRules | null
  /** A second submission under the same reference is not sent a second time. */
  readonly deduplicatesReferences: boolean
  /** Its receipts carry our reference, so that its own identifiers need no index. */
  readonly keepsOurReference: boolean
  /** What it charges for a part; left out where no price of it is known. */
  readonly priceOf?: PriceOf
  /** It sends no receipts and is asked whether messages were delivered; left out for any other. */
  readonly receiptPoll?: ReceiptPoll
}

/** What an attempt came to for one message. */
export interface Attempt {
  readonly result: OperatorResult
  /** Whether a call of this attempt included the message. False: no call did, for the reason in `result`. */
  readonly called: boolean
  /**
   * Whether the result is about this very message: its own element in an answer, or a call of one. False: it only
   * shared a call that failed, or that said nothing of it.
   */
  readonly isSpecificToMessage: boolean
}

export interface AttemptOptions {
  /** For the whole attempt: waiting for the pace and all its calls together. */
  timeoutMs: number
  /** The part of it that may be spent on waiting for the pace; all but the shortest call by default. */
  paceWaitMaxMs?: number
  events: Pick<OperatorEvents, 'operatorCalled'>
  /** The traces of the batch, by position. */
  traced?: readonly Traced[]
  /** Monotonic milliseconds. */
  now?: () => number
}

/**
 * Enough to single out two poisonous texts among a hundred (at most 27 calls), and a stop for an operator that
 * answers 500 to everything, which would otherwise get 199 calls for a hundred messages.
 */
export const CALLS_PER_ATTEMPT_MAX = 32

/** A call that starts with less time than this would mostly end unknown, which costs more than not calling. */
export const CALL_TIMEOUT_MIN_MS = 100

const BREAKER_OPEN = notCalled({ kind: 'unavailable', reason: 'breaker open' })
const NO_TIME_LEFT = notCalled({ kind: 'unavailable', reason: 'no time left' })
const NO_ROOM_IN_PACE = notCalled({ kind: 'throttled', reason: 'no room in the pace', retryAfterMs: null })

interface Run {
  operator: Operator
  batch: Submission[]
  attempts: Attempt[]
  events: Pick<OperatorEvents, 'operatorCalled'>
  traced: readonly Traced[]
  now: () => number
  deadlineMs: number
  paceDeadlineMs: number
  callsLeft: number
}

/** Positions in the batch, `to` excluded. */
type Slice = readonly [from: number, to: number]

/**
 * Submits a batch (at most the adapter's `batchSizeMax`, else it rejects) to one operator, once, and says for each
 * message, by position, what is known. While the breaker is half-open the first message goes alone before the rest, and
 * a call that was refused as a whole is split in halves, so that one poisonous text fails alone.
 */
export async function attempt(
  operator: Operator,
  batch: Submission[],
  options: AttemptOptions,
): Promise<Attempt[]> {
  const { batchSizeMax } = operator.adapter
  if (batch.length > batchSizeMax) throw new RangeError(`a batch of ${batch.length}, at most ${batchSizeMax}`)
  const now = options.now ?? (() => performance.now())
  const startMs = now()
  const paceWaitMaxMs = options.paceWaitMaxMs ?? options.timeoutMs
  const run: Run = {
    operator,
    batch,
    attempts: batch.map(() => BREAKER_OPEN),
    events: options.events,
    traced: options.traced ?? [],
    now,
    deadlineMs: startMs + options.timeoutMs,
    paceDeadlineMs: startMs + Math.min(paceWaitMaxMs, options.timeoutMs - CALL_TIMEOUT_MIN_MS),
    callsLeft: CALLS_PER_ATTEMPT_MAX,
  }
  let from = 0
  while (from < batch.length) {
    if (timeLeftMs(run) < CALL_TIMEOUT_MIN_MS) {
      run.attempts.fill(NO_TIME_LEFT, from)
      break
    }
    // Checked first, so that a call that cannot be made takes no place in the pace.
    if (!operator.breaker.isAdmitting()) break
    if (!(await waitForPace(run))) {
      run.attempts.fill(NO_ROOM_IN_PACE, from)
      break
    }
    const ticket = operator.breaker.admit()
    if (!ticket) break
    const to = ticket.probe ? from + 1 : batch.length
    await settle(run, ticket, [from, to])
    from = to
  }
  return run.attempts
}

/** Calls with the slice, and with its halves for as long as calls are refused as a whole. */
async function settle(run: Run, ticket: Ticket, slice: Slice): Promise<void> {
  const { breaker } = run.operator
  const first = await call(run, slice)
  note(run, slice, first)
  if (first.kind !== 'refused') {
    // Throttling is no breaker event, but a probe's ticket must come back, and the operator did answer.
    if (first.kind !== 'throttled' || ticket.probe) await breaker.record(ticket, isFailure(first))
    return
  }
  // The halves are the same event, examined more closely: an answer to any of them shows that a text was at fault.
  if (first.operatorFailed) await breaker.record(ticket, true)
  const allFailed = await submitHalves(run, slice)
  // A probe is one message, which may be at fault itself. One such message must not keep the breaker open for ever.
  if (!first.operatorFailed) await breaker.record(ticket, allFailed && !ticket.probe)
}

/** Calls with ever smaller parts of a refused slice. @returns whether no call was answered. */
async function submitHalves(run: Run, slice: Slice): Promise<boolean> {
  const waiting = halves(slice)
  let allFailed = true
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    // What is not called any more was refused with an answer, so it was not taken: it may be left as it stands.
    if (run.callsLeft === 0 || timeLeftMs(run) < CALL_TIMEOUT_MIN_MS) break
    if (run.operator.breaker.state() !== 'closed' || !(await waitForPace(run))) break
    if (!(await waitForTurn(run, next))) break
    const result = await call(run, next)
    note(run, next, result)
    if (!isFailure(result)) allFailed = false
    if (result.kind === 'refused') waiting.push(...halves(next))
    else if (result.kind !== 'answered') break
  }
  return allFailed
}

/** @returns false if the pace has no room for one more call within the time limit. */
function waitForPace(run: Run): Promise<boolean> {
  return run.operator.pace.acquire(run.paceDeadlineMs - run.now())
}

/** Of a half: the operator counts its parts a second time. @returns false if it does not come in time. */
async function waitForTurn(
  { operator, batch, paceDeadlineMs, now }: Run,
  [from, to]: Slice,
): Promise<boolean> {
  if (!operator.throughput) return true
  const parts = batch.slice(from, to).reduce((sum, { text }) => sum + countParts(text), 0)
  return (await operator.throughput.acquire(parts, paceDeadlineMs - now())) !== undefined
}

async function call(run: Run, [from, to]: Slice): Promise<CallResult> {
  const { name, pace } = run.operator
  const startMs = run.now()
  run.callsLeft--
  const beganAtMs = pace.begin()
  const result = await submitTraced(run.operator, run.traced.slice(from, to), () => submit(run, [from, to]))
  const throttling = throttlingIn(result)
  if (throttling) pace.throttled(beganAtMs, throttling.retryAfterMs)
  if (result.kind !== 'throttled' && result.kind !== 'unavailable') pace.admitted(beganAtMs)
  run.events.operatorCalled({
    operator: name,
    messages: to - from,
    result: result.kind,
    results: countResults(result, to - from),
    unreadableIdentifiers: (result.kind === 'answered' && result.unreadableIdentifiers) || 0,
    durationMs: run.now() - startMs,
  })
  return result
}

/** An adapter that throws breaks its contract; its messages may have left, and the probe's ticket must come back. */
async function submit(run: Run, [from, to]: Slice): Promise<CallResult> {
  try {
    return await run.operator.adapter.submit(run.batch.slice(from, to), timeLeftMs(run))
  } catch (error) {
    return { kind: 'unknown', reason: `adapter failed: ${String(error)}` }
  }
}

function note(run: Run, [from, to]: Slice, call: CallResult): void {
  const messages = to - from
  for (let position = from; position < to; position++) {
    const result = resultOf(call, position - from, messages)
    const isSpecificToMessage = messages === 1 || (call.kind === 'answered' && result.kind !== 'unknown')
    run.attempts[position] = { result, called: true, isSpecificToMessage }
  }
}

function halves([from, to]: Slice): Slice[] {
  if (to - from === 1) return []
  const middle = Math.ceil((from + to) / 2)
  // The left half lies on top, so that messages are settled in their order.
  return [
    [middle, to],
    [from, middle],
  ]
}

function notCalled(result: OperatorResult): Attempt {
  return { result, called: false, isSpecificToMessage: false }
}

function timeLeftMs(run: Run): number {
  return run.deadlineMs - run.now()
}
