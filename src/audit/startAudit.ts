import { randomBytes } from 'node:crypto'
import type { Db } from '../platform/db/index.ts'
import { startLoop } from '../platform/loop.ts'
import type { After, Loop } from '../platform/loop.ts'
import { leaveCheckpoint, saveCheckpoint, takeCheckpoint } from './checkpoint.ts'
import type { AuditEvents } from './events.ts'
import { openPageSize, readFitting } from './pageSize.ts'
import { openPass } from './pass.ts'
import type { Pass, Place } from './pass.ts'

export interface ContinuousAuditSettings {
  db: Db
  events: AuditEvents
  /** Names this relay in the checkpoint; 8 bytes. */
  owner?: Buffer
}

/** The audit as a relay has it: it never ends, one page after the other, from where any relay left it. */
export interface ContinuousAudit {
  /** One page, or a look whether another relay still has the audit. @returns how long to rest before the next. */
  step(): Promise<number>
  /** Leaves the audit to another relay. */
  leave(): Promise<void>
}

const OWNER_BYTES = 8
/** A page of so many takes some 20 ms of two cores together, and the process's own share a fifth of that. */
const ROWS_PER_STEP_MAX = 2_000
/** Between two steps while there is nothing behind the page: an idle system pays a few milliseconds in this time. */
const IDLE_POLL_MS = 10_000
/** Of one core, at most, while there is: a step and its rest are a hundred times the step. */
const REST_FACTOR = 99
/** Well below the lease of the checkpoint: a database that answers late must not make another relay take over. */
const REST_MS_MAX = 120_000

export function openContinuousAudit(settings: ContinuousAuditSettings): ContinuousAudit {
  const { db, events, owner = randomBytes(OWNER_BYTES) } = settings
  const size = openPageSize(ROWS_PER_STEP_MAX)
  /** Undefined at first, and when another relay has the audit. */
  let pass: Pass | undefined
  /** Whether the checkpoint stands where `pass` does; otherwise it is asked before the next step. */
  let isSure = false

  async function takeOver(): Promise<Pass | undefined> {
    const { isOurs, place, passAgeSeconds } = await takeCheckpoint(db, owner)
    events.passKnown(passAgeSeconds)
    // Another relay goes on from its own, and this one's would be of an old time.
    if (!isOurs) return undefined
    // What a pass has seen of the ledger is in its memory: one that failed in the middle goes on from there, or a
    // database that is away now and then would never let it come to the end.
    const goesOn = pass && !pass.isOver() && isSamePlace(pass.place(), place)
    return goesOn ? pass : openPass(db, place)
  }

  return {
    async step() {
      if (!isSure) pass = await takeOver()
      // Whatever fails below, the checkpoint knows from where to go on.
      isSure = false
      const current = pass
      if (!current) return IDLE_POLL_MS
      const { page: step, durationMs } = await readFitting(size, (rowsMax) => current.step(rowsMax))
      events.examined(step)
      const isStillOurs = await saveCheckpoint(db, owner, current.place())
      if (!isStillOurs) {
        pass = undefined
        return IDLE_POLL_MS
      }
      if (current.isOver()) {
        events.passEnded()
        pass = openPass(db)
      }
      isSure = true
      return step.isFull ? Math.min(durationMs * REST_FACTOR, REST_MS_MAX) : IDLE_POLL_MS
    },
    leave: () => leaveCheckpoint(db, owner),
  }
}

function isSamePlace(one: Place | undefined, other: Place | undefined): boolean {
  return one?.walk === other?.walk && one?.after === other?.after
}

/** Audits from the last checkpoint for as long as the relay lives. A relay that has just started has better things to do. */
export function startAudit(settings: ContinuousAuditSettings & { after?: After }): Loop {
  const { events, after } = settings
  const audit = openContinuousAudit(settings)
  let restMs = IDLE_POLL_MS
  let hasRested = false
  const loop = startLoop({
    idleMs: () => restMs,
    onError: (error, retryInMs) => events.auditFailed({ error, retryInMs }),
    ...(after ? { after } : {}),
    runOnce: async () => {
      if (hasRested) restMs = await audit.step()
      hasRested = true
      return 'idle'
    },
  })
  return {
    wake: () => loop.wake(),
    close: async () => {
      await loop.close()
      // A database that is away lets the lease run out by itself.
      await audit.leave().catch(() => {})
    },
  }
}
