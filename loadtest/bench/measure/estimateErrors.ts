/** What the timeline said of a waiting message. */
export interface AskedEstimate {
  smsIdentifier: string
  askedAtMs: number
  /** Null: it was not known. */
  estimatedAtMs: number | null
}

/** How far estimates were off, as a share of the time that the message still had to wait. */
export interface EstimateErrors {
  /** Of messages that had to wait for at least MIN_WAIT_MS. */
  asked: number
  /** Those of them that had an estimate. */
  estimated: number
  medianShare: number
  p90Share: number
  /** The share of the estimates that named a time before the hand-over. */
  earlyShare: number
}

/** Below it a share says nothing: the answer itself takes some milliseconds. */
export const MIN_WAIT_MS = 1_000

export function estimateErrors(
  asked: readonly AskedEstimate[],
  handedOverAtMs: ReadonlyMap<string, number>,
): EstimateErrors {
  const waits = asked.flatMap(({ smsIdentifier, askedAtMs, estimatedAtMs }) => {
    const actualMs = handedOverAtMs.get(smsIdentifier)
    if (actualMs === undefined || actualMs - askedAtMs < MIN_WAIT_MS) return []
    return { waitMs: actualMs - askedAtMs, offMs: estimatedAtMs === null ? null : estimatedAtMs - actualMs }
  })
  const known = waits.flatMap(({ waitMs, offMs }) => (offMs === null ? [] : { waitMs, offMs }))
  const shares = known.map(({ waitMs, offMs }) => Math.abs(offMs) / waitMs).sort((a, b) => a - b)
  const at = (percent: number) => shares[Math.ceil((percent / 100) * shares.length) - 1] ?? NaN
  return {
    asked: waits.length,
    estimated: known.length,
    ...{ medianShare: at(50), p90Share: at(90) },
    earlyShare: known.filter(({ offMs }) => offMs < 0).length / known.length,
  }
}
