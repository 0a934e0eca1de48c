import { randomBytes } from 'node:crypto'
import { databaseNowMs } from '../platform/db/index.ts'
import type { Db } from '../platform/db/index.ts'
import { startLoop } from '../platform/loop.ts'
import type { After, Loop } from '../platform/loop.ts'
import { leaveCheckpoint, saveCheckpoint, takeCheckpoint } from './checkpoint.ts'
import type { Checkpoint } from './checkpoint.ts'
import type { AuditEvents } from './events.ts'
import { openHead } from './head.ts'
import type { Head } from './head.ts'
import { openPageSize, readFitting } from './pageSize.ts'
import { openPass } from './pass.ts'
import type { Cursor, Pass } from './pass.ts'
import { withinDefaults } from './violation.ts'
import type { EngineLimits } from './violation.ts'

export interface ContinuousAuditSettings {
  db: Db
  events: AuditEvents
  /** Names this relay in the checkpoint; 8 bytes. */
  owner?: Buffer
  /** What the engine's settings allow, where they differ from their defaults. */
  limits?: Partial<EngineLimits>
}

/** The continuous audit in a relay. It examines one page after another, from the last checkpoint of any relay. */
export interface ContinuousAudit {
  /** Examines one page, or checks whether another relay still has the lease. @returns the rest before the next step. */
  step(): Promise<number>
  /** Releases the lease for another relay. */
  leave(): Promise<void>
}

const OWNER_BYTES = 8
/** A page of this many messages takes MySQL some 20 ms of a core (docs/performance.md). */
const ROWS_PER_STEP_MAX = 2_000
/**
 * The rest between two steps when no further page follows. An idle system spends a few milliseconds of CPU in this
 * time.
 */
const IDLE_POLL_MS = 10_000
/** The audit uses at most a tenth of the time: a step and its rest are ten times the step. */
const REST_FACTOR = 9
/** Half of the time while new rows wait too long, because under load a page takes longer than its CPU time. */
const LATE_REST_FACTOR = 1
/** Well below the lease of the checkpoint, so that a slow database does not make another relay take over. */
const REST_MS_MAX = 20_000
/** The whole pass gets one step in this many, even while new rows take all others. */
const STEPS_PER_PASS_STEP = 10
/** How often a pass saves its state of some megabytes. After a kill, the rows since then are read again. */
const STATE_EVERY_MS = 120_000

/** The state of a relay while it has the lease of the audit. */
interface Standing {
  head: Head
  pass: Pass
}

export function openContinuousAudit(settings: ContinuousAuditSettings): ContinuousAudit {
  const { db, events, owner = randomBytes(OWNER_BYTES) } = settings
  const limits = withinDefaults(settings.limits)
  const size = openPageSize(ROWS_PER_STEP_MAX)
  /** Undefined at first, and when another relay has the audit. */
  let standing: Standing | undefined
  /** Whether the checkpoint agrees with `standing`; otherwise it is read before the next step. */
  let isSure = false
  let steps = 0
  let stateAtMs = performance.now()

  async function takeOver(): Promise<Standing | undefined> {
    const checkpoint = await takeCheckpoint(db, owner)
    events.known(checkpoint)
    if (!checkpoint.isOurs) return undefined
    return { head: await openHead(db, checkpoint.head, limits), pass: passFrom(checkpoint) }
  }

  /** A pass remembers more than its cursor: one that failed in the middle goes on with what it has seen. */
  function passFrom({ cursor, state }: Checkpoint): Pass {
    const known = standing?.pass
    const goesOn = known && !known.isOver() && isSameCursor(known.cursor(), cursor)
    return goesOn ? known : openPass(db, { from: cursor, state, limits })
  }

  async function save({ head, pass }: Standing): Promise<boolean> {
    const state = pass.state()
    const isStateDue = performance.now() - stateAtMs >= STATE_EVERY_MS
    if (isStateDue) stateAtMs = performance.now()
    return saveCheckpoint(db, owner, {
      head: head.position(),
      cursor: pass.cursor(),
      state: !state ? null : isStateDue ? state() : undefined,
      isPassOver: pass.isOver(),
    })
  }

  return {
    async step() {
      if (!isSure) standing = await takeOver()
      // If anything below fails, the checkpoint still has the position.
      isSure = false
      const current = standing
      if (!current) return IDLE_POLL_MS
      const { head, pass } = current
      const isOfHead = head.isDue() && ++steps % STEPS_PER_PASS_STEP !== 0
      const { page: step, durationMs } = await readFitting(size, (rowsMax) =>
        (isOfHead ? head : pass).step(rowsMax),
      )
      events.examined(step)
      const isStillOurs = await save(current)
      if (!isStillOurs) {
        standing = undefined
        return IDLE_POLL_MS
      }
      if (isOfHead) events.headMoved(databaseNowMs(db) - head.position().untilMs)
      if (pass.isOver()) {
        events.passEnded()
        current.pass = openPass(db, { limits })
      }
      isSure = true
      if (!isOfHead && !step.isFull && !head.isDue()) return IDLE_POLL_MS
      return Math.min(durationMs * (head.isLate() ? LATE_REST_FACTOR : REST_FACTOR), REST_MS_MAX)
    },
    leave: () => leaveCheckpoint(db, owner, standing?.pass.state()?.()),
  }
}

function isSameCursor(one: Cursor | undefined, other: Cursor | undefined): boolean {
  return one?.scan === other?.scan && one?.after === other?.after
}

/** Audits from the last checkpoint until the relay stops. It rests first, because a start has other work to do. */
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
      // If the database is unavailable, the lease expires by itself.
      await audit.leave().catch(() => {})
    },
  }
}
