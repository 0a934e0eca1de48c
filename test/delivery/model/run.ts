import assert from 'node:assert/strict'
import { audit } from '../../../src/audit/index.ts'
import { topUp } from '../../../src/ledger/index.ts'
import type { Envelope } from '../../../src/outbox/index.ts'
import { emptyTables } from '../../support/servers.ts'
import type { StoppedClock } from './clock.ts'
import { compare } from './compare.ts'
import { resolve } from './ops.ts'
import type { Numbering, Op } from './ops.ts'
import { perform } from './perform.ts'
import { emptyModel } from './state.ts'
import type { Model } from './state.ts'
import type { Choice, Fault, Step } from './steps.ts'
import { readTable } from './table.ts'
import type { Table } from './table.ts'
import { calmDown, endLeases, makeDue, openWorld } from './world.ts'
import type { Servers, World } from './world.ts'

/** One who soon has no money left, and one who has enough. */
export const BALANCES = new Map([
  [1, 12],
  [2, 1_000],
])
/** Every step takes its time, so that no two claims of relays write the same due time. */
const STEP_MS = 125
/** Longer than any lease, any due time and any delay of a retry. */
const ALL_DUE_MS = 61_000

/** Without something on its way little can happen. */
const PRELUDE: Choice[] = [
  {
    kind: 'send',
    requests: [
      { userId: 2, to: 3, type: 'normal' },
      { userId: 1, to: 2, type: 'normal' },
      { userId: 2, to: 2, type: 'express' },
    ],
  },
  { kind: 'relay', type: 'normal', envelopesMax: 3, batchSizeMax: 2_000, reaches: true },
  { kind: 'relay', type: 'express', envelopesMax: 3, batchSizeMax: 2_000, reaches: true },
]

export interface Run {
  world: World
  clock: StoppedClock
  model: Model
  table: Table | undefined
  number: number
  identifiers: number
  /** What was done, for whoever reads a failure. */
  history: string[]
}

/** Plays the steps on the real thing and on the model, compares after each, and brings everything to its end. */
export async function runHistory(servers: Servers, clock: StoppedClock, steps: Step[]): Promise<void> {
  // Not before the server was started, or it could not tell how long it is up.
  const startMs = (clock.nowMs = Math.ceil(Date.now() / 1_000) * 1_000)
  const { db } = servers.clocked
  await emptyTables(db)
  const run: Run = {
    world: openWorld(servers, () => identifierOf(run, 'b')),
    clock,
    model: emptyModel(startMs, BALANCES),
    table: undefined,
    number: 0,
    identifiers: 0,
    history: [],
  }
  for (const [userId, amount] of BALANCES)
    await topUp(db, { userId, amount, description: '' }, identifierOf(run, 'c'))
  try {
    for (const choice of PRELUDE) await play(run, { kind: 'one', choice, fault: 'none' })
    for (const step of steps) await play(run, step)
    await drain(run)
    await answerLate(run)
    assert.deepEqual((await audit(db)).violations, [])
  } catch (error) {
    const message = `${(error as Error).message}\nafter:\n${run.history.join('\n')}`
    throw new Error(message, { cause: error })
  } finally {
    await abandon(run)
  }
}

function identifierOf(run: Run, what: string): string {
  return `0000000${what}-0000-7000-8000-${String(++run.identifiers).padStart(12, '0')}`
}

async function play(run: Run, step: Step): Promise<void> {
  run.clock.nowMs = run.model.nowMs += STEP_MS
  const { model, world } = run
  Object.assign(world.facts, { settled: [], late: [], newlyMarked: 0 })
  switch (step.kind) {
    case 'one':
      return playOps(run, [step.choice], step.fault)
    case 'atOnce':
      return playOps(run, step.choices, 'none')
    case 'pass':
      run.history.push(`${step.ms} ms pass`)
      run.clock.nowMs = model.nowMs += step.ms
      return
    case 'operator':
      run.history.push(`operator ${step.name} is ${step.isAway ? 'away' : 'there'}`)
      model.away[step.name] = world.away[step.name] = step.isAway
      return
    case 'leasesEnd':
    case 'takeOver':
      return playLeasesEnd(run, step)
    case 'due': {
      const known = model.outbox.filter(({ id }) => id !== undefined)
      const row = known[step.row % known.length]
      if (!row?.id) return
      run.history.push(`due: ${row.id}`)
      row.dueAtMs = model.nowMs
      return makeDue(world, row.id)
    }
  }
}

async function playLeasesEnd(run: Run, step: Step & { kind: 'leasesEnd' | 'takeOver' }): Promise<void> {
  const { model, world } = run
  const hands = [...model.hands.values()].filter(({ tasks }) => tasks.size > 0)
  const hand = hands.at(-1 - (step.hand % Math.max(hands.length, 1)))
  if (!hand) return
  const refs = [...hand.tasks.keys()].filter((_, index) => (step.some >> (index % 20)) & 1)
  run.history.push(`leases end: ${refs.join(' ')}`)
  for (const ref of refs) {
    const row = model.recipients.get(ref)
    if (row?.status === 'sending') row.leaseUntilMs = model.nowMs - 1_000
  }
  await endLeases(world, refs)
  await compare(run, [], [], 'none')
  if (step.kind === 'leasesEnd') return
  const position = model.envelopes.findIndex(({ envelope }) => envelope.outboxId === hand.outboxId)
  const choice: Choice = { kind: 'claim', envelopes: [model.envelopes.length - 1 - position] }
  await playOps(run, [choice], 'none')
}

/** Those that find out by themselves what became of a COMMIT. */
const CAN_LOSE_COMMIT: Op['kind'][] = ['send', 'claim', 'renew', 'settle']

async function playOps(run: Run, choices: Choice[], wanted: Fault): Promise<void> {
  const numbering: Numbering = {
    next: () => ++run.number,
    identifier: () => identifierOf(run, 'a'),
    busy: new Set(),
  }
  const ops = choices.flatMap((choice) => resolve(run.model, choice, numbering) ?? [])
  if (ops.length === 0) return
  const fault = ops.every((op) => canMeet(op, wanted)) ? wanted : 'none'
  run.history.push(`${fault === 'none' ? '' : `with ${fault}: `}${ops.map(describe).join('\n  and ')}`)
  const results = await Promise.all(ops.map((op) => perform(run.world, op, fault)))
  await calmDown(run.world)
  await compare(run, ops, results, fault)
}

/** A settlement aside would wait for a balance that is held. */
function canMeet(op: Op, fault: Fault): boolean {
  if (fault === 'held') return op.kind === 'settle' && op.aside === undefined
  return CAN_LOSE_COMMIT.includes(op.kind)
}

function describe(op: Op): string {
  return JSON.stringify(op, (key, value: unknown) =>
    key === 'envelope' ? (value as Envelope).outboxId : value,
  )
}

const waiting = ({ deliveries }: Model) => [...deliveries].filter(([, { call }]) => call)
const one = (run: Run, choice: Choice) => play(run, { kind: 'one', choice, fault: 'none' })

/** Nothing more is heard of what was begun: the outbox alone brings everything to its end, in one round. */
async function drain(run: Run): Promise<void> {
  for (const name of ['a', 'b'] as const) await play(run, { kind: 'operator', name, isAway: false })
  await play(run, { kind: 'pass', ms: ALL_DUE_MS })
  for (const type of ['normal', 'express'] as const) {
    for (let before = -1; before < run.model.envelopes.length;) {
      before = run.model.envelopes.length
      await one(run, { kind: 'relay', type, envelopesMax: 20, batchSizeMax: 2_000, reaches: true })
      for (let left = run.model.envelopes.length - before; left > 0; left--) {
        await one(run, { kind: 'deliver', process: 0, envelope: left - 1 })
        const delivery = waiting(run.model).findIndex(([number]) => number === run.number)
        const answer = { kind: 'each' as const, outcomes: ['accepted' as const] }
        if (delivery >= 0) await one(run, { kind: 'answer', delivery, answer })
      }
    }
  }
  const left = [...run.model.recipients].filter(
    ([, { status }]) => status === 'pending' || status === 'sending',
  )
  assert.deepEqual([left, run.model.outbox], [[], []], 'not everything came to its end in one round')
}

/** Whoever still waits for an operator hears of it now, and changes nothing. */
async function answerLate(run: Run): Promise<void> {
  const before = await readTable(run.world.clocked.db)
  const outcomes = ['rejected', 'accepted', 'unknown', 'unavailable'] as const
  while (waiting(run.model).length > 0)
    await one(run, { kind: 'answer', delivery: 0, answer: { kind: 'each', outcomes: [...outcomes] } })
  assert.deepEqual(await readTable(run.world.clocked.db), before)
}

/** Lets deliveries that a failed run left waiting come to an end, so that the next run is alone. */
async function abandon({ world }: Run): Promise<void> {
  const parked = () => [...world.deliveries.values()].filter((delivery) => delivery.parked)
  for (let left = parked(); left.length > 0; left = parked()) {
    for (const delivery of left) {
      const { parked } = delivery
      delivery.parked = undefined
      parked?.answer({ kind: 'each', outcomes: ['accepted'] })
    }
    await calmDown(world).catch(() => {})
  }
}
