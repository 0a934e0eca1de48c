import { read } from '../platform/db/index.ts'
import type { Db } from '../platform/db/index.ts'
import type { MessageClass } from '../primitives/messageClass.ts'
import { claim } from './claim.ts'
import type { Claim } from './claim.ts'
import { lookUp } from './lookUp.ts'
import { lowerOf, placeOf } from './place.ts'
import type { Place } from './place.ts'
import { openPositionPublisher, readPosition } from './positions.ts'
import type { PositionPublisher } from './positions.ts'
import { promote } from './promote.ts'
import type { RelaySettings } from './relaySettings.ts'
import { openScanStart } from './scanStart.ts'
import type { ScanStart } from './scanStart.ts'
import { READY_ENVELOPES_MAX, CLAIM_ENVELOPES_MIN } from './topology.ts'

/** What the relay of a class remembers between rounds; its workers share it. */
export interface RelayState {
  scanStart: ScanStart
  position: PositionPublisher
  /** Due rows remain in the waiting lane from this key on. */
  moreDueFromKey: number | undefined
  lookedUpAtMs: number
}

/** While claims find something, a look-up for rows that are due is made this often. */
const BUSY_LOOK_UP_MS = 250

export function openRelayState({ db, type, nowMs }: RelaySettings): RelayState {
  return {
    scanStart: openScanStart(nowMs),
    position: openPositionPublisher(db, type, nowMs),
    moreDueFromKey: undefined,
    lookedUpAtMs: -Infinity,
  }
}

/**
 * The next claim of a class, after rows that came due were moved to the ready lane. Claims nothing while the broker is
 * unavailable or its queue has no room for several envelopes.
 */
export async function claimNext(
  settings: RelaySettings,
  state: RelayState,
  { isBusy }: { isBusy: boolean },
): Promise<Claim | 'queue full' | undefined> {
  const { db, publisher, type, queue, newId, batchSizeMax, rowsMax } = settings
  await state.position.publish()
  if (!publisher.isReady()) return undefined
  const work = await findWork(settings, state, isBusy)
  if (!work.isReady && work.dueKey === undefined) return undefined
  const room = READY_ENVELOPES_MAX - (await publisher.readyMessages(queue))
  if (room < CLAIM_ENVELOPES_MIN) return 'queue full'
  if (work.dueKey !== undefined) await promoteDue(settings, state, work.dueKey)
  const claimed = await claim(db, type, room, newId, { batchSizeMax, rowsMax, from: work.from })
  if (claimed) {
    state.scanStart.noteReached(claimed.reached)
    state.position.noteReached(claimed.reached.key)
  }
  return claimed
}

/** What a round has to do, and where its claim starts. */
interface Round {
  from: Place
  isReady: boolean
  dueKey?: number | undefined
}

/** A busy relay mostly claims without a look-up; an idle one looks before it asks the broker. */
async function findWork(
  { db, type, nowMs = () => performance.now() }: RelaySettings,
  state: RelayState,
  isBusy: boolean,
): Promise<Round> {
  const { scanStart } = state
  const start = scanStart.place() ?? (await openStart(db, type, scanStart))
  const isDue = state.moreDueFromKey !== undefined
  if (isBusy && !isDue && nowMs() - state.lookedUpAtMs < BUSY_LOOK_UP_MS)
    return { from: start, isReady: true }
  state.lookedUpAtMs = nowMs()
  const { ready, dueKey, reachedKey } = scanStart.isFullScanDue(isBusy)
    ? await scanStart.timeFullScan(() => lookUp(db, type))
    : await lookUp(db, type, { ready: start, dueKey: state.moreDueFromKey })
  scanStart.notePublished(reachedKey)
  state.moreDueFromKey = dueKey
  return { from: ready ? lowerOf(ready, start) : start, isReady: ready !== undefined, dueKey }
}

/** A relay that has just started begins at the published position, in case its first full scan takes too long. */
async function openStart(db: Db, type: MessageClass, scanStart: ScanStart): Promise<Place> {
  const reachedKey = (await read(db, 'outbox.position', (reader) => readPosition(reader, type))) - 1
  scanStart.notePublished(reachedKey)
  return placeOf(reachedKey)
}

async function promoteDue(
  { db, type, events }: RelaySettings,
  state: RelayState,
  fromKey: number,
): Promise<void> {
  const { rows, moreFromKey } = await promote(db, type, fromKey)
  state.moreDueFromKey = moreFromKey
  if (rows > 0) events.promoted({ type, rows })
}
