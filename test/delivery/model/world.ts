import { setImmediate as turn, setTimeout as wait } from 'node:timers/promises'
import { sql } from 'kysely'
import type { TcpProxy } from '../../../dev/tcpProxy.ts'
import { openDelivery } from '../../../src/delivery/index.ts'
import type { ClaimedEnvelope, Deliver, Settlement } from '../../../src/delivery/index.ts'
import type { Claim } from '../../../src/outbox/claim.ts'
import { read } from '../../../src/platform/db/index.ts'
import { identifierToBytes } from '../../../src/primitives/identifier.ts'
import type { ClockedDb } from './clock.ts'
import { GRACE_MS } from './deliveryModel.ts'
import type { Facts } from './deliveryModel.ts'
import { openRecord, parkingOperator } from './operators.ts'
import type { Breakers, Parked, Record as OperatorRecord } from './operators.ts'
import { nameOf } from './state.ts'
import type { OperatorName } from './state.ts'

/** The real thing, on the real database. */
export interface Servers {
  /** For everything that the test does itself, and for the deliveries. */
  clocked: ClockedDb
  /** The way to the same database on which COMMITs get lost. */
  proxied: ClockedDb
  proxy: TcpProxy
  breakers: Breakers
}

export interface RunningDelivery {
  parked: Parked | undefined
  hasEnded: boolean
  fault: unknown
}

/** What one run has in hand. */
export interface World extends Servers {
  away: Record<OperatorName, boolean>
  record: OperatorRecord
  processes: Deliver[]
  hands: Map<number, ClaimedEnvelope>
  /** `hand reference`: whose call of an operator was answered; a repeated settlement has no other answer. */
  answered: Set<string>
  relayed: Map<number, Claim>
  deliveries: Map<number, RunningDelivery>
  /** What deliveries reported since the last step. */
  facts: Facts
  /** The owners that deliveries drew for themselves, by the model's name. */
  owners: Map<string, string>
  newId: () => string
}

/** Settlements of the second process are written in parts, side by side. */
const PROCESSES = [
  { batchSizeMax: 2_000, lanes: 1 },
  { batchSizeMax: 2, lanes: 2 },
]
const CALM_TURNS = 5
const CALM_BOUND_MS = 20_000

export function openWorld(servers: Servers, newId: () => string): World {
  const { db } = servers.clocked
  const record = openRecord(db)
  const away = { a: false, b: false }
  const facts: Facts = { settled: [], late: [], newlyMarked: 0 }
  const fault = (what: unknown) => facts.settled.push(`fault: ${String(what)}`)
  const settings = {
    db,
    operators: (['a', 'b'] as const).map((name) => parkingOperator(name, servers.breakers, away, record)),
    callsMax: 1_000,
    recipientsMax: 100_000,
    unavailableGraceMs: GRACE_MS,
    operatorEvents: { operatorCalled: () => {}, breakerChanged: () => {} },
    events: {
      settled: ({ endings }: { endings: Settlement[] }) => facts.settled.push(...endings.map(nameOfReal)),
      late: ({ endings }: { endings: Settlement[] }) => facts.late.push(...endings.map(nameOfReal)),
      possibleDuplicates: ({ messages }: { messages: number }) => (facts.newlyMarked += messages),
      verdictLost: () => fault('a verdict was lost'),
      unreadable: () => fault('an envelope was unreadable'),
      deliveryFailed: ({ error }: { error: unknown }) => fault(error),
    },
  }
  const processes = PROCESSES.map((process) => openDelivery({ ...settings, ...process }))
  const none = {
    hands: new Map(),
    answered: new Set<string>(),
    relayed: new Map(),
    deliveries: new Map(),
    owners: new Map(),
  }
  return { ...servers, away, record, processes, facts, newId, ...none }
}

export function nameOfReal({ kind, task: { reference } }: Settlement): string {
  return nameOf({ kind, ref: reference })
}

/** Waits until each delivery has ended or waits for an operator, and nothing is at work beside them. */
export async function calmDown(world: World): Promise<void> {
  const isCalm = () => {
    const all = [...world.deliveries.values()]
    const faulty = all.find(({ fault }) => fault !== undefined)
    if (faulty) throw new Error('a delivery failed', { cause: faulty.fault })
    return world.clocked.underWay() === 0 && all.every(({ parked, hasEnded }) => parked ?? hasEnded)
  }
  const boundMs = Date.now() + CALM_BOUND_MS
  for (let calmTurns = 0; calmTurns < CALM_TURNS;) {
    await turn()
    if (isCalm()) calmTurns++
    else {
      calmTurns = 0
      if (Date.now() > boundMs) throw new Error('the deliveries never came to rest')
      await wait(1)
    }
  }
}

/** Moves what belongs to the database's clock. */
export async function endLeases(world: World, refs: string[]): Promise<void> {
  for (const ref of refs) {
    const [id = '', no] = ref.split(':')
    await read(world.clocked.db, 'test.lease', (reader) =>
      sql`UPDATE sms_status SET lease_until = NOW(3) - INTERVAL 1 SECOND WHERE status = 'sending'
          AND sms_identifier = ${identifierToBytes(id)} AND recipient_no = ${Number(no)}`.execute(reader),
    )
  }
}

export async function makeDue(world: World, outboxId: string): Promise<void> {
  await read(world.clocked.db, 'test.due', (reader) =>
    sql`UPDATE outbox_events SET next_run_at = NOW(6) WHERE id = ${identifierToBytes(outboxId)}`.execute(
      reader,
    ),
  )
}
