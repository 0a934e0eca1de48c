import { read } from '../platform/db/index.ts'
import type { Db } from '../platform/db/index.ts'
import type { MessageClass } from '../primitives/messageClass.ts'
import { claim } from './claim.ts'
import type { Claim, ClaimSource } from './claim.ts'
import type { Condition } from './lanes.ts'
import { EXPRESS_ORDER_MAX_MS } from './lease.ts'
import { lookUp } from './lookUp.ts'
import { lowerOf, placeOf } from './place.ts'
import type { Place } from './place.ts'
import { openPositionPublisher, readPosition } from './positions.ts'
import type { PositionPublisher } from './positions.ts'
import type { RelaySettings } from './relaySettings.ts'
import { openScanStart } from './scanStart.ts'
import type { ScanStart } from './scanStart.ts'
import { READY_ENVELOPES_MAX, CLAIM_ENVELOPES_MIN } from './topology.ts'

/** What the relay of a class remembers between rounds; its workers share it. */
export interface RelayState {
  scanStart: ScanStart
  position: PositionPublisher
  /** Due rows remain in the waiting lane from this place on. */
  moreDueFrom: Place | undefined
  /** The database's time of the last look-up that was answered: what was due then is claimed, or behind `moreDueFrom`. */
  dueKnownUntil: number | undefined
  /** The lane of the last claim. */
  lastCondition: Condition
  lookedUpAtMs: number
}

/** While claims find something, a look-up for rows that are due is made this often. */
const BUSY_LOOK_UP_MS = 250

export function openRelayState({ db, type, nowMs }: RelaySettings): RelayState {
  return {
    scanStart: openScanStart(nowMs),
    position: openPositionPublisher(db, type, nowMs),
    moreDueFrom: undefined,
    dueKnownUntil: undefined,
    lastCondition: 'ready',
    lookedUpAtMs: -Infinity,
  }
}

/**
 * The next claim of a class, nothing while the broker is unavailable or its queue has no room for several envelopes.
 * Ready rows and waiting rows that came due take turns while there are both: neither a burst of scheduled messages nor
 * a backlog delays the other.
 */
export async function claimNext(
  settings: RelaySettings,
  state: RelayState,
  { isBusy }: { isBusy: boolean },
): Promise<Claim | 'queue full' | undefined> {
  const { publisher, queue } = settings
  await state.position.publish()
  if (!publisher.isReady()) return undefined
  const sources = await findSources(settings, state, isBusy)
  if (sources.length === 0) return undefined
  const room = READY_ENVELOPES_MAX - (await publisher.readyMessages(queue))
  if (room < CLAIM_ENVELOPES_MIN) return 'queue full'
  for (const [index, source] of sources.entries()) {
    const claimed = await claimFrom(settings, state, room, source)
    if (claimed) return { ...claimed, isFull: claimed.isFull || index + 1 < sources.length }
  }
  return undefined
}

async function claimFrom(
  { db, type, newId, batchSizeMax, rowsMax, events, shares }: RelaySettings,
  state: RelayState,
  room: number,
  source: ClaimSource,
): Promise<Claim | undefined> {
  const claimed = await claim(db, type, room, newId, { batchSizeMax, rowsMax, ...source })
  const isDue = source.condition === 'waiting'
  if (isDue) state.moreDueFrom = claimed?.isFull ? claimed.reached : undefined
  if (!claimed) return undefined
  state.lastCondition = source.condition
  shares?.note(type, claimed.shares)
  if (isDue) {
    events.dueClaimed({ type, rows: claimed.rows })
  } else {
    const reached = floorBehind(type, claimed.reached)
    state.scanStart.noteReached(reached)
    state.position.noteReached(reached.key)
  }
  return claimed
}

/** The place below which no new row enters: a deadline may be shorter than one that was claimed before it was made. */
function floorBehind(type: MessageClass, reached: Place): Place {
  return type === 'express' ? placeOf(reached.key - EXPRESS_ORDER_MAX_MS * 1_000) : reached
}

/**
 * Where a round claims, in the order of the lanes' turns. A busy relay mostly claims without a look-up; an idle one looks
 * before it asks the broker.
 */
async function findSources(
  { db, type, nowMs = () => performance.now() }: RelaySettings,
  state: RelayState,
  isBusy: boolean,
): Promise<ClaimSource[]> {
  const { scanStart } = state
  const start = scanStart.place() ?? (await openStart(db, type, scanStart))
  if (isBusy && !state.moreDueFrom && nowMs() - state.lookedUpAtMs < BUSY_LOOK_UP_MS)
    return [{ condition: 'ready', from: start }]
  state.lookedUpAtMs = nowMs()
  const { moreDueFrom, dueKnownUntil } = state
  const { ready, due, reachedKey, nowKey } = scanStart.isFullScanDue(isBusy)
    ? await scanStart.timeFullScan(() => lookUp(db, type))
    : await lookUp(db, type, { ready: start, due: moreDueFrom, dueKnownUntil })
  scanStart.notePublished(reachedKey)
  state.moreDueFrom = due
  state.dueKnownUntil = nowKey
  const sources: ClaimSource[] = []
  if (due) sources.push({ condition: 'waiting', from: due })
  if (ready) sources.push({ condition: 'ready', from: lowerOf(ready, start) })
  return state.lastCondition === 'waiting' ? sources.reverse() : sources
}

/** A relay that has just started begins at the published position, in case its first full scan takes too long. */
async function openStart(db: Db, type: MessageClass, scanStart: ScanStart): Promise<Place> {
  const reachedKey = (await read(db, 'outbox.position', (reader) => readPosition(reader, type))) - 1
  scanStart.notePublished(reachedKey)
  return placeOf(reachedKey)
}
