import { claimEnvelopes, settle } from '../../../src/delivery/index.ts'
import type { ClaimedEnvelope, Settlement as RealEnding } from '../../../src/delivery/index.ts'
import { renew } from '../../../src/delivery/renew.ts'
import { settleHeld } from '../../../src/delivery/settle.ts'
import type { Settled as RealSettled } from '../../../src/delivery/settle.ts'
import { accept } from '../../../src/messages/index.ts'
import { claim } from '../../../src/outbox/claim.ts'
import { giveBack, markPublished } from '../../../src/outbox/settle.ts'
import type { Db } from '../../../src/platform/db/index.ts'
import { recipients } from '../../support/api.ts'
import { PRICES } from '../../support/arrange.ts'
import { holdBalance } from '../../support/holdBalance.ts'
import { loseCommit } from '../../support/loseCommit.ts'
import { delivering } from './operators.ts'
import type { Parked, Word } from './operators.ts'
import type { Op, SettlePart } from './ops.ts'
import type { Result } from './predict.ts'
import type { Ending, Settled } from './state.ts'
import { HELD_CUSTOMER } from './steps.ts'
import type { Fault } from './steps.ts'
import { nameOfReal } from './world.ts'
import type { RunningDelivery, World } from './world.ts'

/** Does it. Deliveries go on until they wait for an operator; `calmDown` waits for that. */
export async function perform(world: World, op: Op, fault: Fault): Promise<Result> {
  if (fault === 'none') return performOn(world, world.clocked.db, op)
  if (fault === 'held') {
    const letGo = await holdBalance(world.clocked.db, HELD_CUSTOMER)
    try {
      return await performOn(world, world.clocked.db, op)
    } finally {
      await letGo()
    }
  }
  const lost = loseCommit(world.proxy, fault)
  try {
    return await performOn(world, world.proxied.db, op)
  } finally {
    lost.end()
  }
}

async function performOn(world: World, db: Db, op: Op): Promise<Result> {
  switch (op.kind) {
    case 'send': {
      const requests = op.requests.map(({ to, ...rest }) => ({
        ...rest,
        text: 'hi',
        recipients: recipients(to),
      }))
      const verdicts = await accept(db, requests, PRICES, world.newId)
      return { kind: 'verdicts', verdicts: verdicts.map(describeVerdict) }
    }
    case 'relay': {
      const { type, envelopesMax, batchSizeMax } = op.how
      const claimed = await claim(db, type, envelopesMax, world.newId, { batchSizeMax })
      if (claimed) world.relayed.set(op.number, claimed)
      return { kind: 'relayed', claim: claimed, faults: [] }
    }
    case 'afterRelay':
      await doAfterRelay(world, db, op)
      return { kind: 'nothing' }
    case 'claim':
      return claimAndCall(world, db, op)
    case 'renew':
      return renewAndCall(world, db, op)
    case 'settle': {
      for (const { hand, endings, silent } of op.parts) noteAnswers(world, hand, endings, silent)
      const settlements = op.parts.map((part) => toSettlement(world, part))
      const settled = await (op.aside === undefined
        ? settle(db, settlements)
        : settleHeld(db, settlements, op.aside))
      return { kind: 'settled', parts: settled.map(describeSettled) }
    }
    case 'deliver':
      startDelivery(world, op)
      return { kind: 'nothing' }
    case 'answer': {
      const delivery = world.deliveries.get(op.number)
      const { parked } = delivery ?? {}
      if (!delivery || !parked) throw new Error(`delivery ${op.number} waits for no answer`)
      delivery.parked = undefined
      parked.answer(op.answer)
      return { kind: 'nothing' }
    }
  }
}

function describeVerdict(verdict: Awaited<ReturnType<typeof accept>>[number]): string {
  if (verdict.kind === 'accepted') return `accepted ${verdict.recipients} ${verdict.cost}`
  return verdict.kind === 'insufficient_balance' ? `${verdict.kind} ${verdict.balance}` : verdict.kind
}

function describeSettled({ endings, late, held }: RealSettled): Settled {
  return { endings: endings.map(nameOfReal), late: late.map(nameOfReal), held: held.map(nameOfReal) }
}

async function doAfterRelay(
  world: World,
  db: Db,
  { number, what }: Op & { kind: 'afterRelay' },
): Promise<void> {
  const claimed = world.relayed.get(number)
  if (!claimed) return
  const outboxIds = claimed.envelopes.map(({ outboxId }) => outboxId)
  const rows = outboxIds.map((outboxId) => ({ outboxId, leaseUntil: claimed.leaseUntil }))
  if (what === 'mark') await markPublished(db, rows)
  else
    await giveBack(db, outboxIds, claimed, { reason: 'so it is', countAttempt: what === 'giveBackCounted' })
}

async function claimAndCall(world: World, db: Db, op: Op & { kind: 'claim' }): Promise<Result> {
  const claimed = await claimEnvelopes(
    db,
    op.envelopes.map(({ envelope }) => envelope),
    op.owner,
  )
  op.numbers.forEach((number, position) => {
    const hand = claimed[position]
    if (hand) world.hands.set(number, hand)
  })
  const hands = claimed.map(({ tasks, newlyMarked }) => ({
    tasks: Object.fromEntries(tasks.map(({ reference, possiblySent }) => [reference, possiblySent])),
    newlyMarked,
  }))
  await world.record.noteCall(hands.flatMap(({ tasks }) => Object.keys(tasks)))
  return { kind: 'claimed', hands }
}

/** As a delivery does before it asks once more: what is not ours any more is dropped. */
async function renewAndCall(world: World, db: Db, op: Op & { kind: 'renew' }): Promise<Result> {
  const { tasks, inFlight } = handOf(world, op.hand)
  const asked = tasks.filter(({ reference }) => op.refs.includes(reference))
  if (op.silent) for (const task of asked) task.possiblySent = true
  for (const ref of op.refs) {
    noteAnswer(world, op.hand, ref, op.silent ? 'unknown' : 'unavailable')
    world.answered.delete(`${op.hand} ${ref}`)
  }
  const renewed = await renew(db, asked, inFlight.owner)
  for (const task of asked) if (!renewed.tasks.includes(task)) inFlight.unsettled.delete(task.reference)
  const ours = renewed.tasks.map(({ reference }) => reference)
  await world.record.noteCall(ours)
  return { kind: 'renewed', ours, newlyMarked: renewed.newlyMarked }
}

function handOf(world: World, number: number): ClaimedEnvelope {
  const hand = world.hands.get(number)
  if (!hand) throw new Error(`nobody claimed as ${number}`)
  return hand
}

function noteAnswers(world: World, hand: number, endings: Ending[], silent: string[]): void {
  const { tasks } = handOf(world, hand)
  for (const task of tasks) if (silent.includes(task.reference)) task.possiblySent = true
  for (const { kind, ref } of endings) {
    const word = kind === 'done' ? 'accepted' : kind === 'failed' ? 'rejected' : 'unavailable'
    noteAnswer(world, hand, ref, silent.includes(ref) ? 'unknown' : word)
  }
}

function noteAnswer(world: World, hand: number, ref: string, word: Word): void {
  if (!world.answered.has(`${hand} ${ref}`)) world.record.noteAnswer(ref, word)
  world.answered.add(`${hand} ${ref}`)
}

function toSettlement(world: World, { hand, endings }: SettlePart) {
  const { tasks, inFlight } = handOf(world, hand)
  const real = endings.map((ending): RealEnding => {
    const task = tasks.find(({ reference }) => reference === ending.ref)
    if (!task) throw new Error(`${ending.ref} is not in hand ${hand}`)
    const { kind, provider } = ending
    if (kind === 'done') return { kind, task, provider, providerMessageId: ending.providerMessageId }
    const reason = 'so it is'
    return kind === 'failed' ? { kind, task, provider, reason } : { kind, task, tried: ending.tried, reason }
  })
  return { inFlight, endings: real }
}

function startDelivery(world: World, { number, process, named }: Op & { kind: 'deliver' }): void {
  const delivery: RunningDelivery = { parked: undefined, hasEnded: false, fault: undefined }
  world.deliveries.set(number, delivery)
  const onCall = async (parked: Parked) => {
    const owners = await world.record.noteCall(parked.refs)
    // Only the first call comes with the claim; later the rows may be others'.
    const [owner] = owners
    const name = `delivery ${number}`
    if (owner && !world.owners.has(name)) world.owners.set(name, owner)
    delivery.parked = parked
  }
  const work = delivering.run(onCall, async () => world.processes[process]?.(named.envelope))
  work.then(
    () => (delivery.hasEnded = true),
    (error: unknown) => (delivery.fault = error),
  )
}
