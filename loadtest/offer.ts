/** A fixed timetable: request `i` is due `i / rate` after the start, whatever became of those before it. */
export interface Timetable {
  ratePerSecond: number
  requests: number
  /** Requests without an answer at once; what is due beyond waits here, and its clock runs. */
  inFlightMax: number
  /** How long after the last one was due the late ones may still be sent. */
  overtimeMs: number
}

/** How far it has come. `due` is what the timetable says, `sent` is what was possible. */
export interface OfferProgress {
  elapsedMs: number
  due: number
  sent: number
  answered: number
}

export interface Offered extends OfferProgress {
  /** Of each answered request, in order of answers: from the time it was due to its answer. */
  latenciesMs: Float64Array
}

const PROGRESS_MS = 1_000
/** A timer's resolution. */
const TICK_MS = 1

/**
 * Sends on time or as soon after as the limit allows, and counts each latency from the time at which its request was
 * due. A target that stalls therefore shows in the latencies of all that came due meanwhile, and not only of those
 * that were on their way (no coordinated omission). `send` must not reject.
 */
export async function offer(
  timetable: Timetable,
  send: (index: number) => Promise<void>,
  onProgress: (progress: OfferProgress) => void = () => {},
): Promise<Offered> {
  const { ratePerSecond, requests, inFlightMax, overtimeMs } = timetable
  const latenciesMs = new Float64Array(requests)
  const startMs = performance.now()
  const dueMs = (index: number) => startMs + (index * 1_000) / ratePerSecond
  const endsAtMs = dueMs(requests) + overtimeMs
  let sent = 0
  let answered = 0
  const progress = () => {
    const nowMs = performance.now()
    const due = Math.min(requests, Math.floor(((nowMs - startMs) * ratePerSecond) / 1_000) + 1)
    return { elapsedMs: nowMs - startMs, due, sent, answered }
  }

  await new Promise<void>((resolve) => {
    const sendOne = async (index: number) => {
      await send(index)
      latenciesMs[answered++] = performance.now() - dueMs(index)
      pump()
    }
    const pump = () => {
      const { due } = progress()
      const mayGoOn = performance.now() < endsAtMs
      while (mayGoOn && sent < due && sent - answered < inFlightMax) void sendOne(sent++)
      const isOver = sent === requests || !mayGoOn
      if (!isOver || answered < sent) return
      clearInterval(ticks)
      clearInterval(reports)
      resolve()
    }
    const ticks = setInterval(pump, TICK_MS)
    const reports = setInterval(() => onProgress(progress()), PROGRESS_MS)
    pump()
  })
  return { ...progress(), latenciesMs: latenciesMs.subarray(0, answered) }
}
