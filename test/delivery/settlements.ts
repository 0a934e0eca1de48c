import { claimEnvelopes, settle } from '../../src/delivery/index.ts'
import type { ClaimedEnvelope, InFlight, Settled, Settlement, Task } from '../../src/delivery/index.ts'
import type { Envelope } from '../../src/outbox/index.ts'
import type { Db } from '../../src/platform/db/index.ts'
import { newIdOf } from '../support/arrange.ts'
import { UNKNOWN_SUBMISSIONS_MAX, VALIDITY_MS } from './bench.ts'

/** Claims as a consumer does, so that a test can settle step by step. */
export function claimAll(db: Db, envelopes: Envelope[], owner?: string): Promise<ClaimedEnvelope[]> {
  const bounds = {
    unknownSubmissionsMax: UNKNOWN_SUBMISSIONS_MAX.normal,
    validityMs: VALIDITY_MS,
    onUnknown: null,
  }
  return claimEnvelopes(db, envelopes, { ...bounds, ...(owner !== undefined && { owner }) })
}

/** One transaction for all parts. */
export function settleAll(
  db: Db,
  parts: { inFlight: InFlight; settlements: Settlement[] }[],
): Promise<Settled[]> {
  return settle({ db, newId: newIdOf(db) }, parts)
}

export function done(task: Task, provider = 'a'): Settlement {
  return {
    kind: 'done',
    task,
    operator: { name: provider, keepsOurReference: true },
    operatorMessageId: null,
  }
}

export function failed(task: Task): Settlement {
  return { kind: 'failed', task, provider: 'a', reason: 'no such number' }
}

export function released(task: Task, { tried = true, retryInMs = 500 } = {}): Settlement {
  return { kind: 'released', task, tried, reason: 'HTTP 503', retryInMs }
}
