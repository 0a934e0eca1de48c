import assert from 'node:assert/strict'
import { judgeSlots } from '../../../src/operators/health/followHealth.ts'
import { judgeSlot, sharesOf } from '../../../src/operators/health/judgeSlot.ts'
import type { Health } from '../../../src/operators/health/judgeSlot.ts'
import { noCounts, SLOT_SECONDS } from '../../../src/operators/health/slot.ts'
import type { SlotRow } from '../../../src/operators/health/slot.ts'
import { orderOperators } from '../../../src/operators/routing/strategy.ts'
import type { RouteStrategy } from '../../../src/operators/routing/strategy.ts'
import type { MessageClass } from '../../../src/primitives/messageClass.ts'
import { seededRandom } from '../../../simulator/random.ts'

/** What an operator is like for the numbers of a prefix at a moment. */
interface Nature {
  delivers: number
  answers: number
  latencyMs: number
}

const GOOD: Nature = { delivers: 0.95, answers: 0.999, latencyMs: 80 }
const NAMES = ['mci', 'irancell']
const EQUAL: RouteStrategy = { name: 'weighted', weights: { mci: 50, irancell: 50 }, usesHealth: true }
/** Until the first receipt of a message, in slots: what is delivered now was sent before. */
const RECEIPT_SLOTS = 2

interface Simulated {
  /** The shares of `prefix` that went to each operator first, by slot. */
  firsts: Map<string, Record<string, number>[]>
  health: Health
}

/**
 * Sends messages of several prefixes for some slots. The routes choose by the health that is known, and what becomes of the
 * messages is what is judged next.
 */
function simulate({
  seconds,
  natureOf,
  perSlot = 200,
  prefixes = ['98912', '98935'],
  strategy = EQUAL,
  type = 'normal',
  seed = 1,
}: {
  seconds: number
  natureOf: (operator: string, prefix: string, atSeconds: number) => Nature
  perSlot?: number
  prefixes?: string[]
  strategy?: RouteStrategy
  type?: MessageClass
  seed?: number
}): Simulated {
  const random = seededRandom(seed)
  let health: Health = new Map()
  const firsts = new Map(prefixes.map((prefix) => [prefix, [] as Record<string, number>[]]))
  /** Final receipts by the slot that they arrive in. */
  const receipts = new Map<string, { good: number; bad: number }>()
  let message = 0
  for (let slot = 1; slot <= seconds / SLOT_SECONDS; slot++) {
    const rows: SlotRow[] = []
    for (const prefix of prefixes) {
      const counts = new Map(NAMES.map((name) => [name, { operator: name, prefix, slot, ...noCounts() }]))
      const first = Object.fromEntries(NAMES.map((name) => [name, 0]))
      for (let sent = 0; sent < perSlot; sent++) {
        const [name = ''] = orderOperators(
          NAMES,
          strategy,
          { reference: `${message++}:1`, to: prefix, type },
          {
            healthOf: (operator) => sharesOf(health, { operator, prefix, type }),
            isAvailable: () => true,
            controlWeightOf: () => 1,
            priceOf: () => () => null,
          },
        )
        const nature = natureOf(name, prefix, slot * SLOT_SECONDS)
        const row = counts.get(name)
        assert.ok(row)
        first[name] = (first[name] ?? 0) + 1
        if (random() >= nature.answers) {
          row.calls[type].failed++
          continue
        }
        row.calls[type].accepted++
        row.calls[type].latencyMs += nature.latencyMs
        const key = `${slot + RECEIPT_SLOTS} ${prefix} ${name}`
        const due = receipts.get(key) ?? { good: 0, bad: 0 }
        if (random() < nature.delivers) due.good++
        else due.bad++
        receipts.set(key, due)
      }
      for (const [name, row] of counts) {
        const due = receipts.get(`${slot} ${prefix} ${name}`)
        rows.push({ ...row, delivered: due?.good ?? 0, undelivered: due?.bad ?? 0 })
      }
      firsts.get(prefix)?.push(first)
    }
    health = judgeSlot(health, slot, rows)
  }
  return { firsts, health }
}

/** The share of one operator in the slots from one second to before another. */
function shareIn(
  { firsts }: Simulated,
  [prefix, operator]: [string, string],
  [from, to]: [number, number],
): number {
  const slots = (firsts.get(prefix) ?? []).slice(from / SLOT_SECONDS, to / SLOT_SECONDS)
  const sums = slots.map((each) => [each[operator] ?? 0, Object.values(each).reduce((a, b) => a + b, 0)])
  const [own, all] = sums.reduce(([a = 0, b = 0], [c = 0, d = 0]) => [a + c, b + d], [0, 0])
  return (own ?? 0) / (all ?? 1)
}

/** When an operator went from at least half of its share to a probing one, in seconds. */
function dropsOf(simulated: Simulated, prefix: string, operator: string): number[] {
  const shares = (simulated.firsts.get(prefix) ?? []).map((_, slot) =>
    shareIn(simulated, [prefix, operator], [slot * SLOT_SECONDS, (slot + 1) * SLOT_SECONDS]),
  )
  return shares.flatMap((share, slot) =>
    share < 0.1 && (shares[slot - 1] ?? 0) >= 0.2 ? [slot * SLOT_SECONDS] : [],
  )
}

function countDrops(simulated: Simulated, prefix: string, operator: string): number {
  return dropsOf(simulated, prefix, operator).length
}

const failsFor =
  (operator: string, prefix: string, [from, to]: [number, number], nature: Nature) =>
  (name: string, of: string, atSeconds: number): Nature =>
    name === operator && of === prefix && atSeconds >= from && atSeconds < to ? nature : GOOD

describe('the health of operators', () => {
  for (const seed of [1, 2, 3]) {
    it(`takes a prefix within 30 s from an operator that falls from 95 % to 40 %, and gives it back once it is well (seed ${seed})`, () => {
      const natureOf = failsFor('mci', '98912', [60, 180], { ...GOOD, delivers: 0.4 })
      const simulated = simulate({ seconds: 420, natureOf, seed })
      assert.ok(Math.abs(shareIn(simulated, ['98912', 'mci'], [20, 60]) - 0.5) < 0.05)
      const lost = shareIn(simulated, ['98912', 'mci'], [90, 180])
      assert.ok(lost > 0 && lost < 0.05, `it keeps ${lost}`)
      assert.ok(Math.abs(shareIn(simulated, ['98935', 'mci'], [60, 180]) - 0.5) < 0.05, 'the other prefix')
      assert.ok(Math.abs(shareIn(simulated, ['98912', 'mci'], [300, 420]) - 0.5) < 0.05, 'it is back')
      assert.equal(countDrops(simulated, '98912', 'mci'), 1)
      assert.equal(countDrops(simulated, '98912', 'irancell'), 0)
    })

    it(`does not move for half an hour of chance (seed ${seed})`, () => {
      const simulated = simulate({ seconds: 1_800, natureOf: () => GOOD, perSlot: 60, seed })
      for (const prefix of ['98912', '98935'])
        for (const name of NAMES) assert.equal(countDrops(simulated, prefix, name), 0)
      assert.ok(Math.abs(shareIn(simulated, ['98912', 'mci'], [20, 1_800]) - 0.5) < 0.02)
    })

    it(`lets an operator that is bad each second minute return ever more rarely (seed ${seed})`, () => {
      const natureOf = (name: string, _: string, atSeconds: number) =>
        name === 'mci' && Math.floor(atSeconds / 60) % 2 === 1 ? { ...GOOD, delivers: 0.4 } : GOOD
      const simulated = simulate({ seconds: 1_800, natureOf, prefixes: ['98912'], seed })
      const drops = dropsOf(simulated, '98912', 'mci')
      const early = drops.filter((atSeconds) => atSeconds < 900).length
      const late = drops.length - early
      assert.ok(late < early && drops.length < 10, `${drops.join(', ')}`)
    })
  }

  it('compares operators with each other: what fails for all of them moves nothing', () => {
    const natureOf = (_: string, __: string, atSeconds: number) =>
      atSeconds >= 60 ? { ...GOOD, delivers: 0.4 } : GOOD
    const simulated = simulate({ seconds: 300, natureOf })
    for (const name of NAMES) assert.equal(countDrops(simulated, '98912', name), 0)
  })

  it('moves less of an operator that is slow and honest than its latency is, and never takes it away', () => {
    const natureOf = (name: string) =>
      name === 'mci' ? { ...GOOD, latencyMs: 1_000 } : { ...GOOD, latencyMs: 250 }
    const { health } = simulate({ seconds: 120, natureOf })
    const { share, latencyShare } = sharesOf(health, { operator: 'mci', prefix: '98912', type: 'normal' })
    assert.deepEqual([share, Math.round(latencyShare * 1_000)], [1, 500])
    assert.deepEqual(sharesOf(health, { operator: 'irancell', prefix: '98912', type: 'normal' }), {
      ...{ share: 1, latencyShare: 1 },
    })
    const ordered: RouteStrategy = { name: 'ordered', weights: {}, usesHealth: true }
    const simulated = simulate({ seconds: 120, natureOf, strategy: ordered })
    assert.equal(shareIn(simulated, ['98912', 'mci'], [0, 120]), 1)
  })

  it('takes an operator that fails calls from the class whose calls failed alone', () => {
    const natureOf = (name: string, _: string, atSeconds: number) =>
      name === 'mci' && atSeconds >= 60 ? { ...GOOD, answers: 0.5 } : GOOD
    const { health } = simulate({ seconds: 120, natureOf })
    const of = (type: MessageClass) => sharesOf(health, { operator: 'mci', prefix: '98912', type }).share
    assert.ok(of('normal') < 0.05)
    assert.equal(of('express'), 1)
  })

  it('moves an order that follows health, and probes with a few messages', () => {
    const ordered: RouteStrategy = { name: 'ordered', weights: {}, usesHealth: true }
    const natureOf = failsFor('mci', '98912', [60, 180], { ...GOOD, delivers: 0.4 })
    const simulated = simulate({ seconds: 420, natureOf, strategy: ordered })
    assert.equal(shareIn(simulated, ['98912', 'mci'], [0, 60]), 1)
    const probing = shareIn(simulated, ['98912', 'mci'], [90, 180])
    assert.ok(probing > 0.01 && probing < 0.06, `${probing}`)
    assert.equal(shareIn(simulated, ['98912', 'mci'], [320, 420]), 1)
    assert.equal(countDrops(simulated, '98912', 'mci'), 1)
  })

  it('changes nothing between worse and well: one that is nearly as good again stays reduced', () => {
    const natureOf = (name: string, _: string, atSeconds: number) => {
      if (name !== 'mci' || atSeconds < 60) return GOOD
      return { ...GOOD, delivers: atSeconds < 120 ? 0.4 : 0.8 }
    }
    const simulated = simulate({ seconds: 300, natureOf, perSlot: 6_000, prefixes: ['98912'] })
    const kept = shareIn(simulated, ['98912', 'mci'], [200, 300])
    assert.ok(kept < 0.05, `it keeps ${kept}`)
  })

  it('probes with more where there are few messages, so that an operator returns there too', () => {
    const natureOf = failsFor('mci', '98912', [600, 1_800], { ...GOOD, delivers: 0.2 })
    const simulated = simulate({ seconds: 7_200, natureOf, perSlot: 2, prefixes: ['98912'] })
    const lost = shareIn(simulated, ['98912', 'mci'], [900, 1_800])
    assert.ok(lost < 0.25, `it keeps ${lost}`)
    const back = shareIn(simulated, ['98912', 'mci'], [6_000, 7_200])
    assert.ok(Math.abs(back - 0.5) < 0.05, `it has ${back}`)
  })

  it('judges nothing by fewer messages than a sample', () => {
    const row = { operator: 'mci', prefix: '98', ...noCounts(), undelivered: 29 }
    const other = { operator: 'irancell', prefix: '98', ...noCounts(), delivered: 500 }
    const health = judgeSlot(new Map(), 1, [
      { ...row, slot: 1 },
      { ...other, slot: 1 },
    ])
    assert.equal(sharesOf(health, { operator: 'mci', prefix: '98', type: 'normal' }).share, 1)
    const next = judgeSlot(health, 2, [{ ...row, slot: 2, undelivered: 1 }])
    assert.ok(sharesOf(next, { operator: 'mci', prefix: '98', type: 'normal' }).share < 0.05)
  })

  it('forgets an operator that nothing is heard of', () => {
    const health = judgeSlot(new Map(), 1, [
      { operator: 'a', prefix: '98', slot: 1, ...noCounts(), delivered: 9 },
    ])
    assert.equal(judgeSlots(health, [], { from: 1, until: 301 }).size, 1)
    assert.equal(judgeSlots(health, [], { from: 1, until: 302 }).size, 0)
  })
})
