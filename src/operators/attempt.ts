import type { Breaker, Ticket } from './breaker.ts'
import type { CallResult, OperatorAdapter, OperatorResult, Submission } from './contract.ts'
import type { OperatorEvents } from './events.ts'

/** One operator as one class of traffic reaches it: its own sockets, and the breaker that all classes share. */
export interface Operator {
  readonly name: string
  readonly adapter: OperatorAdapter
  readonly breaker: Breaker
}

/** What a try came to for one message. */
export interface Attempt {
  readonly outcome: OperatorResult
  /** Whether a call of this try included the message. False: no call did, for one of the reasons in `outcome`. */
  readonly called: boolean
  /**
   * Whether the outcome is about this very message: its own element in an answer, or a call of one. False: it only
   * shared a call that failed, or that said nothing of it.
   */
  readonly isSpecificToMessage: boolean
}

export interface TryOptions {
  /** For the whole try, all its calls together. */
  timeoutMs: number
  events: OperatorEvents
  /** Monotonic milliseconds. */
  now?: () => number
}

/**
 * Enough to single out two poisonous texts among a hundred (at most 27 calls), and a stop for an operator that
 * answers 500 to everything, which would otherwise get 199 calls for a hundred messages.
 */
export const CALLS_PER_TRY_MAX = 32

/** A call that starts with less time than this would mostly end unknown, which costs more than not calling. */
export const CALL_TIMEOUT_MIN_MS = 100

/** What stands for each message until a call says otherwise; one for all, as nobody changes it. */
const BREAKER_OPEN = notCalled('breaker open')

interface Try {
  operator: Operator
  batch: Submission[]
  tried: Attempt[]
  events: OperatorEvents
  now: () => number
  deadlineMs: number
  callsLeft: number
}

/** Positions in the batch, `to` excluded. */
type Slice = readonly [from: number, to: number]

/**
 * Offers a batch (at most the adapter's `batchSizeMax`) to one operator, once, and says for each message, by
 * position, what is known. While the breaker is half-open the first message goes alone, and the rest follows if that
 * heals it. A call that was refused as a whole is split in halves, so that one poisonous text fails alone; the breaker
 * counts the call, not its splits. Never rejects, save for a batch that is too large.
 */
export async function attempt(
  operator: Operator,
  batch: Submission[],
  options: TryOptions,
): Promise<Attempt[]> {
  const { batchSizeMax } = operator.adapter
  if (batch.length > batchSizeMax) throw new RangeError(`a batch of ${batch.length}, at most ${batchSizeMax}`)
  const now = options.now ?? (() => performance.now())
  const run: Try = {
    operator,
    batch,
    tried: batch.map(() => BREAKER_OPEN),
    events: options.events,
    now,
    deadlineMs: now() + options.timeoutMs,
    callsLeft: CALLS_PER_TRY_MAX,
  }
  let from = 0
  while (from < batch.length) {
    if (timeLeftMs(run) < CALL_TIMEOUT_MIN_MS) {
      run.tried.fill(notCalled('no time left'), from)
      break
    }
    const ticket = operator.breaker.admit()
    if (!ticket) break
    const to = ticket.probe ? from + 1 : batch.length
    await settle(run, ticket, [from, to])
    from = to
  }
  return run.tried
}

/** Calls with the slice, and with its halves for as long as calls are refused as a whole. */
async function settle(run: Try, ticket: Ticket, slice: Slice): Promise<void> {
  const waiting: Slice[] = [slice]
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const result = await call(run, next)
    // Only the first call counts: its halves are the same event, looked at more closely.
    if (next === slice) await run.operator.breaker.record(ticket, result.operatorFailed)
    note(run, next, result)
    if (result.kind === 'unavailable' || result.kind === 'unknown') return
    if (result.kind === 'refused') waiting.push(...halves(next))
    // What still waits was refused with an answer, so it was not taken: it may be left as it stands.
    if (run.callsLeft === 0 || timeLeftMs(run) < CALL_TIMEOUT_MIN_MS) return
    // The halves of a probe are none, so a breaker that is not closed leaves nothing to call for.
    if (run.operator.breaker.state() !== 'closed') return
  }
}

async function call(run: Try, [from, to]: Slice): Promise<CallResult> {
  const startMs = run.now()
  run.callsLeft--
  const result = await submit(run, [from, to])
  run.events.operatorCalled({
    operator: run.operator.name,
    messages: to - from,
    result: result.kind,
    operatorFailed: result.operatorFailed,
    outcomes: countSettled(result, to - from),
    durationMs: run.now() - startMs,
  })
  return result
}

/** An adapter that throws breaks its contract; its messages may have left, and the probe's ticket must come back. */
async function submit(run: Try, [from, to]: Slice): Promise<CallResult> {
  try {
    return await run.operator.adapter.submit(run.batch.slice(from, to), timeLeftMs(run))
  } catch (error) {
    return { kind: 'unknown', reason: `adapter failed: ${String(error)}`, operatorFailed: true }
  }
}

function note(run: Try, [from, to]: Slice, result: CallResult): void {
  for (let position = from; position < to; position++) {
    const outcome = outcomeOf(result, position - from, to - from)
    const isSpecificToMessage = to - from === 1 || (result.kind === 'answered' && outcome.kind !== 'unknown')
    run.tried[position] = { outcome, called: true, isSpecificToMessage }
  }
}

function outcomeOf(result: CallResult, position: number, messages: number): OperatorResult {
  switch (result.kind) {
    case 'answered':
      return result.outcomes[position] ?? { kind: 'unknown', reason: 'no outcome from the adapter' }
    case 'refused':
      return messages === 1
        ? result.alone
        : { kind: 'unavailable', reason: `refused together: ${result.reason}` }
    case 'unavailable':
    case 'unknown':
      return { kind: result.kind, reason: result.reason }
  }
}

function countSettled(result: CallResult, messages: number): Record<OperatorResult['kind'], number> {
  const counts = { accepted: 0, rejected: 0, unavailable: 0, unknown: 0 }
  if (result.kind === 'refused' && messages > 1) return counts
  for (let position = 0; position < messages; position++) counts[outcomeOf(result, position, messages).kind]++
  return counts
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

function notCalled(reason: string): Attempt {
  return { outcome: { kind: 'unavailable', reason }, called: false, isSpecificToMessage: false }
}

function timeLeftMs(run: Try): number {
  return run.deadlineMs - run.now()
}
