import type { Link } from './session/link.ts'
import type { OnOutcome } from './session/requestWindow.ts'
import type { RequestToSend } from './session/session.ts'

/** Shares requests among the links of one operator: each goes to the one with the most room in its window. */
export interface Dispatcher {
  /**
   * Submits the request as soon as a window has room. Unsent at once while no link is up, unless one is just being
   * opened. @returns what takes it back if it still waits, and then its outcome is not told.
   */
  submit(request: RequestToSend, onOutcome: OnOutcome): () => boolean
  /** To be called whenever a window has room again or a link changed. */
  pump(): void
}

interface Waiting {
  request: RequestToSend
  onOutcome: OnOutcome
}

/** Beyond what all calls together can hold, so that reaching it is a fault. */
const WAITING_MAX = 100_000

export function createDispatcher(links: readonly Link[]): Dispatcher {
  /** First come, first served; a set, because calls that run out of time take theirs back. */
  const waiting = new Set<Waiting>()
  let isPumping = false

  const roomiest = () => {
    let best
    for (const link of links) {
      const session = link.session()
      if (session && session.free() > (best?.free() ?? 0)) best = session
    }
    return best
  }
  const pump = () => {
    // An outcome that is told in here may submit the next request.
    if (isPumping) return
    isPumping = true
    for (const each of waiting) {
      const session = roomiest()
      if (!session) break
      waiting.delete(each)
      session.submit(each.request, each.onOutcome)
    }
    const failures = links.map((link) => link.failure())
    const [reason] = failures
    if (reason !== undefined && !failures.includes(undefined))
      for (const each of waiting) {
        waiting.delete(each)
        each.onOutcome({ kind: 'unsent', reason })
      }
    isPumping = false
  }
  return {
    submit(request, onOutcome) {
      const each = { request, onOutcome }
      if (waiting.size >= WAITING_MAX) onOutcome({ kind: 'unsent', reason: 'too many requests wait' })
      else {
        waiting.add(each)
        pump()
      }
      return () => waiting.delete(each)
    },
    pump,
  }
}
