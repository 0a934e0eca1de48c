/** What the server counts of one session. */
export interface SessionCounts {
  kind: string
  boundAt: number
  isOpen: boolean
  submitted: number
  /** The most requests at once that it had received and was still to answer in time. */
  windowPeak: number
  /** The same with requests that are answered late or never: their places a client may have given up. */
  unansweredPeak: number
}

export interface Traffic {
  submitted: number
  /** The most in any second, however the clock divides them. */
  ratePeak: number
  /** Requests by the second in which they came (since the epoch), the newest ones. */
  rates: { second: number; submitted: number }[]
  windowPeak: number
  unansweredPeak: number
  /** The newest. */
  sessions: SessionCounts[]
}

/** Of one session. */
export interface SessionCounter {
  /** A request came. @returns what is to be called when it is answered. `isTimely`: it is answered, and not late. */
  received(isTimely: boolean): () => void
  ended(): void
}

export interface TrafficCounter {
  open(kind: string): SessionCounter
  counts(): Traffic
  clear(): void
}

const SECOND_MS = 1_000
const SECONDS_KEPT = 600
const SESSIONS_KEPT = 100

export function countTraffic(now = () => performance.timeOrigin + performance.now()): TrafficCounter {
  let sessions: SessionCounts[] = []
  let rates = new Map<number, number>()
  /** Times of the last second, from `oldest` on. */
  let times: number[] = []
  let oldest = 0
  const peaks = { submitted: 0, ratePeak: 0, windowPeak: 0, unansweredPeak: 0 }

  const countRate = () => {
    const nowMs = now()
    times.push(nowMs)
    while ((times[oldest] ?? nowMs) <= nowMs - SECOND_MS) oldest++
    peaks.ratePeak = Math.max(peaks.ratePeak, times.length - oldest)
    if (oldest > times.length / 2) {
      times = times.slice(oldest)
      oldest = 0
    }
    const second = Math.floor(nowMs / SECOND_MS)
    rates.set(second, (rates.get(second) ?? 0) + 1)
    const [first] = rates.keys()
    if (rates.size > SECONDS_KEPT && first !== undefined) rates.delete(first)
  }
  return {
    open(kind) {
      const counts: SessionCounts = {
        ...{ kind, boundAt: Math.round(now()), isOpen: true },
        ...{ submitted: 0, windowPeak: 0, unansweredPeak: 0 },
      }
      sessions.push(counts)
      if (sessions.length > SESSIONS_KEPT) sessions.shift()
      let timely = 0
      let unanswered = 0
      return {
        received(isTimely) {
          countRate()
          counts.submitted++
          peaks.submitted++
          if (isTimely) timely++
          unanswered++
          counts.windowPeak = Math.max(counts.windowPeak, timely)
          counts.unansweredPeak = Math.max(counts.unansweredPeak, unanswered)
          peaks.windowPeak = Math.max(peaks.windowPeak, counts.windowPeak)
          peaks.unansweredPeak = Math.max(peaks.unansweredPeak, counts.unansweredPeak)
          return () => {
            if (isTimely) timely--
            unanswered--
          }
        },
        ended: () => void (counts.isOpen = false),
      }
    },
    counts: () => ({
      ...peaks,
      rates: [...rates].map(([second, submitted]) => ({ second, submitted })),
      sessions: sessions.map((session) => ({ ...session })),
    }),
    clear() {
      sessions = sessions.filter(({ isOpen }) => isOpen)
      for (const session of sessions) session.submitted = session.windowPeak = session.unansweredPeak = 0
      rates = new Map()
      times = []
      oldest = 0
      peaks.submitted = peaks.ratePeak = peaks.windowPeak = peaks.unansweredPeak = 0
    },
  }
}
