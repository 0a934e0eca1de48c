import { createBatcher } from '../../platform/batcher.ts'
import { databaseNowMs } from '../../platform/db/index.ts'
import type { Db } from '../../platform/db/index.ts'
import { retryWithBackoff } from '../../platform/retryWithBackoff.ts'
import { Unavailable } from '../../primitives/unavailable.ts'
import { openSender } from '../send/post.ts'
import type { SenderOptions } from '../send/post.ts'
import type { ClaimedEndpoint } from './claimEndpoints.ts'
import type { DeliveryFacts } from './facts.ts'
import { readTasks } from './readTasks.ts'
import type { Tasks } from './readTasks.ts'
import { recordTurns } from './recordTurns.ts'
import type { EndedTurn, Recorded } from './recordTurns.ts'
import { runTurn } from './runTurn.ts'

export interface TurnsContext {
  db: Db
  newId: () => string
  facts: DeliveryFacts
  sender: SenderOptions
}

/** Begins the turn of each endpoint. @returns by position; each promise rejects by itself. */
export type TakeTurns = (endpoints: ClaimedEndpoint[], stopping?: AbortSignal) => Promise<void>[]

/** Answers and endpoints of one transaction, which takes some 20 ms. */
const RECORDED_MAX = 500
/** One for each kind, so that none waits for the other. */
const RECORDINGS_MAX = 2
/** Below the lease: what is not recorded by then is sent again. */
const RECORD_FAULTS_MAX = 3
const RECORD_PAUSE_MS = 500
const RECORD_PAUSE_MAX_MS = 5_000

/**
 * Reads what endpoints that were claimed together have to get, sends to each by itself, and records together what ended
 * meanwhile: an endpoint with an event now and then would cost ten statements for it.
 */
export function openTurns({ db, newId, facts, sender: ofSender }: TurnsContext): TakeTurns {
  // Callers are bounded by their places.
  const recorder = createBatcher<EndedTurn, Recorded | undefined>({
    batchWeightMax: RECORDED_MAX,
    weigh: ({ attempts }) => 1 + attempts.length,
    keyOf: ({ endpoint }) => endpoint.kind,
    maxConcurrency: RECORDINGS_MAX,
    mayBeItemFault: (error) => !(error instanceof Unavailable),
    runBatch: (turns) => recordTurns({ db, newId }, turns),
  })

  async function take(endpoint: ClaimedEndpoint, tasks: Tasks, stopping: AbortSignal): Promise<void> {
    const sender = openSender(ofSender)
    const turn = await runTurn(endpoint, tasks, {
      ...{ sender, nowMs: () => databaseNowMs(db), stopping },
    }).finally(() => sender.close())
    const recording = await retryWithBackoff(() => recorder.add({ endpoint, ...turn, gone: tasks.gone }), {
      isTransient: () => false,
      onError: (error) => facts.failed({ error, retryInMs: RECORD_PAUSE_MS }),
      ...{ firstPauseMs: RECORD_PAUSE_MS, maxPauseMs: RECORD_PAUSE_MAX_MS, faultsMax: RECORD_FAULTS_MAX },
    })
    const recorded = recording.kind === 'done' ? recording.result : undefined
    facts.turnEnded({ endpoint, attempts: turn.attempts, recorded })
  }

  return (endpoints, stopping = new AbortController().signal) => {
    const together = readTasks(db, endpoints)
    return endpoints.map(async (endpoint, position) => {
      const tasks = await together.then(
        (all) => all[position],
        (error: unknown) => readAlone(endpoint, error),
      )
      if (!tasks) throw new Error('an endpoint has no tasks')
      await take(endpoint, tasks, stopping)
    })
  }

  /** After a fault, which may be one endpoint's: its events must not hold up the others'. */
  async function readAlone(endpoint: ClaimedEndpoint, error: unknown): Promise<Tasks | undefined> {
    if (error instanceof Unavailable) throw error
    const [tasks] = await readTasks(db, [endpoint])
    return tasks
  }
}
