import { listOperators } from '../../operators/index.ts'
import { databaseNowMs, read } from '../../platform/db/index.ts'
import type { Db } from '../../platform/db/index.ts'
import type { EventStream } from '../../platform/http/index.ts'
import { startLoop } from '../../platform/loop.ts'
import type { After } from '../../platform/loop.ts'
import { CLASSES } from '../../primitives/messageClass.ts'
import { Unavailable } from '../../primitives/unavailable.ts'
import { readProcesses } from '../../processes/index.ts'
import { openHistory, withTrend } from './history.ts'
import { mergeProcesses } from './mergeProcesses.ts'
import { readCounts } from './readCounts.ts'
import type { Live } from './types.ts'

/** One page that follows this process. */
export interface Listener {
  stream: EventStream
  /** Whether its session is still there. @throws Unavailable. */
  isSignedIn: () => Promise<boolean>
}

export interface LiveFeed {
  /** Sends what is known, and then everything new, until the returned function is called. */
  listen(listener: Listener): () => void
  /** Whether one more may listen; not while the process ends. */
  hasRoom(): boolean
  /** One round: reads, and tells every listener. */
  refresh(): Promise<void>
  close(): Promise<void>
}

export interface LiveOptions {
  db: Db
  listenersMax?: number
  after?: After
}

/** With listeners every second; without, just so often that the charts of the next one begin with ten minutes. */
const EVERY_MS = 1_000
const EVERY_IDLE_MS = 5_000
/** Counts of what waits for a person cost more than a look at the processes. */
const COUNTS_EVERY_MS = 5_000
const SESSIONS_EVERY_MS = 10_000
const READ_TIMEOUT_MS = 2_000
/** Each is a connection, and some kilobytes a second. */
export const LISTENERS_MAX = 20

/** Reads the state of all processes and tells those who listen. It depends on no other process being this one. */
export function keepLive({ db, listenersMax = LISTENERS_MAX, after }: LiveOptions): LiveFeed {
  const listeners = new Set<Listener>()
  const history = openHistory()
  let latest: Live | undefined
  let isClosed = false
  const readLive = openReading(db)

  const refresh = async () => {
    try {
      latest = withEstimates(await readLive(), history)
      const point = history.keep(latest)
      tell(listeners, 'live', latest)
      if (point) tell(listeners, 'point', point)
    } catch {
      // The page shows how old its picture is.
      tell(listeners, 'unavailable', {})
    }
  }
  const loops = [
    startLoop({
      ...(after ? { after } : {}),
      idleMs: () => (listeners.size > 0 ? EVERY_MS : EVERY_IDLE_MS),
      onError: () => {},
      runOnce: async () => (await refresh(), 'idle'),
    }),
    startLoop({
      ...(after ? { after } : {}),
      idleMs: SESSIONS_EVERY_MS,
      onError: () => {},
      runOnce: async () => (await endSignedOut(listeners), 'idle'),
    }),
  ]
  return {
    listen(listener) {
      listeners.add(listener)
      listener.stream.send('history', JSON.stringify(history.points()))
      if (latest) listener.stream.send('live', JSON.stringify(latest))
      loops[0]?.wake()
      return () => void listeners.delete(listener)
    },
    hasRoom: () => !isClosed && listeners.size < listenersMax,
    refresh,
    async close() {
      isClosed = true
      for (const { stream } of listeners) stream.end()
      listeners.clear()
      await Promise.all(loops.map((loop) => loop.close()))
    },
  }
}

function openReading(db: Db): () => Promise<Live> {
  let countedAtMs = -Infinity
  let counts: Awaited<ReturnType<typeof readCounts>> | undefined
  return () =>
    read(
      db,
      'ops.live',
      async (reader) => {
        const processes = await readProcesses(reader)
        const operators = await listOperators(reader)
        if (!counts || performance.now() - countedAtMs >= COUNTS_EVERY_MS) {
          counts = await readCounts(reader)
          countedAtMs = performance.now()
        }
        return mergeProcesses({ atMs: databaseNowMs(db), processes, operators, counts })
      },
      READ_TIMEOUT_MS,
    )
}

function withEstimates(live: Live, history: ReturnType<typeof openHistory>): Live {
  for (const type of CLASSES) {
    const ofClass = live.classes[type]
    const growth = history.growth(type === 'normal' ? 'normalRows' : 'expressRows')
    if (ofClass.backlog) ofClass.backlog = withTrend(ofClass.backlog, growth)
  }
  return live
}

/** Written once, however many listen. */
function tell(listeners: ReadonlySet<Listener>, event: string, data: object): void {
  if (listeners.size === 0) return
  const text = JSON.stringify(data)
  for (const { stream } of listeners) stream.send(event, text)
}

async function endSignedOut(listeners: Set<Listener>): Promise<void> {
  for (const listener of [...listeners]) {
    // While that cannot be known, the page stays.
    if (await listener.isSignedIn().catch(() => true)) continue
    listener.stream.send('signed_out', '{}')
    listener.stream.end()
    listeners.delete(listener)
  }
}

export function tooManyListeners(): Unavailable {
  return new Unavailable('too_many_listeners', 'Too many operations pages are open at this process.', {
    retryAfterSeconds: 5,
  })
}
