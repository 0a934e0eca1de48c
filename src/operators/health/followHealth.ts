import { read, transact } from '../../platform/db/index.ts'
import type { Db } from '../../platform/db/index.ts'
import { startLoop } from '../../platform/loop.ts'
import type { After, Loop } from '../../platform/loop.ts'
import type { MessageClass } from '../contract.ts'
import { FULL_HEALTH } from '../routing/strategy.ts'
import type { HealthShares } from '../routing/strategy.ts'
import { openHealthPrefix } from './healthPrefix.ts'
import { addCounts, readSlots, removeOldSlots } from './healthTable.ts'
import type { SlotPosition } from './healthTable.ts'
import { judgeSlot, sharesOf } from './judgeSlot.ts'
import type { Health } from './judgeSlot.ts'
import type { SlotRow } from './slot.ts'
import { openTally } from './tally.ts'
import type { Tally } from './tally.ts'

/** How operators do by prefix, as all consumers together see it. */
export interface HealthFollower extends Omit<Tally, 'take' | 'putBack'> {
  /** @returns what of its traffic the operator keeps for this number. */
  sharesFor(operator: string, to: string, type: MessageClass): HealthShares
  /** Whether anything is counted. */
  isFollowed(): boolean
  /** Of routes that follow health; null: nothing is counted, read or written. */
  follow(prefixes: ReadonlySet<string> | null): void
  /** Tells the other processes, and judges slots that are complete. @returns whether more wait. @throws Unavailable. */
  refresh(): Promise<boolean>
  start(): Loop
  current(): Health
}

/** A slot is complete once each process had two chances to add its counts. */
const POLL_MS = 1_000
const REMOVE_EVERY_POLLS = 60
const TIMEOUT_MS = 2_000

export interface FollowOptions {
  onError: (error: unknown, retryInMs: number) => void
  after?: After | undefined
}

export function followHealth(db: Db, { onError, after }: FollowOptions): HealthFollower {
  let prefixOf: ((to: string) => string) | null = null
  let health: Health = new Map()
  let judged: SlotPosition | null = null
  let polls = 0
  const tally = openTally(() => prefixOf)

  const publishCounts = async () => {
    const counts = tally.take()
    if (counts.length === 0) return
    // May count twice after a lost COMMIT: they are shares.
    const options = { resolve: () => Promise.resolve(undefined), timeoutMs: TIMEOUT_MS }
    await transact(db, 'operators.add_health', (tx) => addCounts(tx, counts), options).catch(
      (error: unknown) => {
        tally.putBack(counts)
        throw error
      },
    )
  }
  const remove = async () => {
    if (polls++ % REMOVE_EVERY_POLLS === 0) await transact(db, 'operators.remove_health', removeOldSlots)
  }
  const refresh = async () => {
    if (!prefixOf) return false
    await publishCounts()
    const { rows, from, next, hasMore } = await read(
      db,
      'operators.read_health',
      (reader) => readSlots(reader, judged),
      TIMEOUT_MS,
    )
    health = judgeSlots(health, rows, { from, until: next.slot })
    judged = next
    await remove()
    return hasMore
  }
  return {
    noteCall: (...call) => tally.noteCall(...call),
    noteDelivery: (...delivery) => tally.noteDelivery(...delivery),
    sharesFor: (operator, to, type) =>
      prefixOf ? sharesOf(health, { operator, prefix: prefixOf(to), type }) : FULL_HEALTH,
    follow(prefixes) {
      prefixOf = prefixes && openHealthPrefix(prefixes)
      if (prefixes === null) [health, judged] = [new Map(), null]
    },
    isFollowed: () => prefixOf !== null,
    refresh,
    current: () => health,
    start: () =>
      startLoop({
        idleMs: POLL_MS,
        onError,
        ...(after && { after }),
        runOnce: async () => ((await refresh()) ? 'worked' : 'idle'),
      }),
  }
}

/** @returns the shares that a process which starts now would come to. Writes nothing. @throws Unavailable. */
export async function readHealth(
  db: Db,
  prefixes: ReadonlySet<string>,
): Promise<HealthFollower['sharesFor']> {
  const prefixOf = openHealthPrefix(prefixes)
  let [health, after]: [Health, SlotPosition | null] = [new Map(), null]
  for (let hasMore = true; hasMore;) {
    const slots = await read(db, 'operators.read_health', (reader) => readSlots(reader, after), TIMEOUT_MS)
    health = judgeSlots(health, slots.rows, { from: slots.from, until: slots.next.slot })
    ;[after, hasMore] = [slots.next, slots.hasMore]
  }
  return (operator, to, type) => sharesOf(health, { operator, prefix: prefixOf(to), type })
}

/** Empty slots are judged as well: time passes for operators that nothing is heard of. */
export function judgeSlots(
  before: Health,
  rows: readonly SlotRow[],
  { from, until }: { from: number; until: number },
): Health {
  const bySlot = Map.groupBy(rows, ({ slot }) => slot)
  let health = before
  for (let slot = from + 1; slot <= until; slot++) {
    const ofSlot = bySlot.get(slot) ?? []
    if (health.size > 0 || ofSlot.length > 0) health = judgeSlot(health, slot, ofSlot)
  }
  return health
}
