import assert from 'node:assert/strict'
import { chooseRoute, indexPrices, indexRoutes, NO_CONDITIONS } from '../../../src/operators/index.ts'
import type { OperatorRoute } from '../../../src/operators/index.ts'
import { describeChoice } from '../../../src/operators/routing/describeChoice.ts'
import { groupByRoute } from '../../../src/operators/routing/groupByRoute.ts'
import { orderOperators } from '../../../src/operators/routing/strategy.ts'
import type { RouteStrategy } from '../../../src/operators/routing/strategy.ts'
import { seededRandom } from '../../../simulator/random.ts'
import { operatorOf } from '../operatorOf.ts'

const NAMES = ['mci', 'irancell', 'rightel']
const WEIGHTED: RouteStrategy = {
  name: 'weighted',
  weights: { mci: 60, irancell: 30, rightel: 10 },
  usesHealth: true,
}
const CHEAPEST: RouteStrategy = { name: 'least_cost', weights: {}, usesHealth: true }
const CONDITIONS = { ...NO_CONDITIONS, priceOf: () => indexPrices(undefined) }
const messageOf = (number: number) =>
  ({
    reference: `0199a5f0-0000-7000-8000-${number.toString(16).padStart(12, '0')}:1`,
    to: '989121234567',
    type: 'normal',
  }) as const

function firsts(strategy: RouteStrategy, conditions = CONDITIONS, count = 20_000): Record<string, number> {
  const found: Record<string, number> = Object.fromEntries(NAMES.map((name) => [name, 0]))
  for (let number = 0; number < count; number++) {
    const [first = ''] = orderOperators(NAMES, strategy, messageOf(number), conditions)
    found[first] = (found[first] ?? 0) + 1 / count
  }
  return found
}

const near = (shares: Record<string, number>, expected: Record<string, number>) => {
  for (const [name, share] of Object.entries(expected))
    assert.ok(Math.abs((shares[name] ?? 0) - share) < 0.012, `${name}: ${shares[name]}, not ${share}`)
}

describe('a route by weight', () => {
  it('gives each operator its share of the messages', () => {
    near(firsts(WEIGHTED), { mci: 0.6, irancell: 0.3, rightel: 0.1 })
  })

  it('chooses for a message as it chose before, in any process', () => {
    for (let number = 0; number < 100; number++)
      assert.deepEqual(
        orderOperators(NAMES, WEIGHTED, messageOf(number), CONDITIONS),
        orderOperators(NAMES, WEIGHTED, messageOf(number), CONDITIONS),
      )
  })

  it('lets the others follow by weight, so that an envelope has few orders', () => {
    const orders = new Set(
      Array.from({ length: 1_000 }, (_, number) =>
        orderOperators(NAMES, WEIGHTED, messageOf(number), CONDITIONS).join(),
      ),
    )
    assert.deepEqual([...orders].sort(), [
      'irancell,mci,rightel',
      'mci,irancell,rightel',
      'rightel,mci,irancell',
    ])
  })

  it('moves the messages of an operator that loses weight, and no others', () => {
    const reduced = {
      ...CONDITIONS,
      healthOf: (name: string) => ({ share: name === 'mci' ? 0.03 : 1, latencyShare: 1 }),
    }
    near(firsts(WEIGHTED, reduced), { mci: 1.8 / 41.8, irancell: 30 / 41.8, rightel: 10 / 41.8 })
    for (let number = 0; number < 2_000; number++) {
      const [before] = orderOperators(NAMES, WEIGHTED, messageOf(number), CONDITIONS)
      const [after] = orderOperators(NAMES, WEIGHTED, messageOf(number), reduced)
      if (before !== 'mci') assert.equal(after, before)
    }
  })

  it('puts an operator last that is not available, or has no weight', () => {
    const paused = { ...CONDITIONS, isAvailable: (name: string) => name !== 'mci' }
    near(firsts(WEIGHTED, paused), { mci: 0, irancell: 0.75, rightel: 0.25 })
    const spare = { ...WEIGHTED, weights: { mci: 0, irancell: 1, rightel: 1 } }
    near(firsts(spare), { mci: 0, irancell: 0.5, rightel: 0.5 })
    assert.equal(orderOperators(NAMES, spare, messageOf(1), CONDITIONS).at(-1), 'mci')
  })
})

describe('a route by cost', () => {
  it('picks what a brute-force check picks', () => {
    const random = seededRandom(7)
    const draw = (below: number) => Math.floor(random() * below)
    for (let round = 0; round < 300; round++) {
      const prices = new Map(
        NAMES.map((name) => {
          const prefixes = new Set(Array.from({ length: draw(6) }, () => '98912345'.slice(0, draw(8))))
          return [name, [...prefixes].map((prefix) => ({ prefix, price: draw(5) }))]
        }),
      )
      const index = new Map(NAMES.map((name) => [name, indexPrices(prices.get(name))]))
      const healthy = new Map(NAMES.map((name) => [name, random() < 0.7]))
      const available = new Map(NAMES.map((name) => [name, random() < 0.8]))
      const to = `+98912${draw(1_000_000).toString().padStart(7, '0')}`
      // Each price, by looking at all of them.
      const priceOf = (name: string) =>
        (prices.get(name) ?? [])
          .filter(({ prefix }) => to.slice(1).startsWith(prefix))
          .sort((a, b) => b.prefix.length - a.prefix.length)[0]?.price ?? Infinity
      const isBetter = (a: string, b: string) => {
        if (available.get(a) !== available.get(b)) return available.get(a) ? 1 : 0
        if (healthy.get(a) !== healthy.get(b)) return healthy.get(a) ? 1 : 0
        return priceOf(a) < priceOf(b) ? 1 : 0
      }
      const [first] = orderOperators(
        NAMES,
        CHEAPEST,
        { reference: `${round}`, to, type: 'normal' },
        {
          priceOf: (name) => index.get(name) ?? (() => null),
          isAvailable: (name) => available.get(name) ?? false,
          controlWeightOf: () => 1,
          healthOf: (name) => ({ share: healthy.get(name) ? 1 : 0, latencyShare: 1 }),
        },
      )
      const isAnyAvailable = NAMES.some((name) => available.get(name))
      const beaten = NAMES.filter((name) => isAnyAvailable && isBetter(name, first ?? ''))
      assert.deepEqual(beaten, [], `round ${round}: ${first}`)
    }
  })

  it('keeps the order of the route between equal prices, and puts an unknown price behind', () => {
    const prices: Record<string, number | null> = { mci: null, irancell: 4, rightel: 4 }
    const conditions = { ...CONDITIONS, priceOf: (name: string) => () => prices[name] ?? null }
    assert.deepEqual(orderOperators(NAMES, CHEAPEST, messageOf(1), conditions), [
      'irancell',
      'rightel',
      'mci',
    ])
  })
})

describe('messages of routes with a strategy', () => {
  const operators = NAMES.map((name) =>
    operatorOf({ name, url: 'http://operator', prices: [{ prefix: '98', price: name.length }] }),
  )
  const route = (strategy: RouteStrategy): OperatorRoute => ({
    ...{ prefix: '98', type: null, userId: null, sender: null, operators: NAMES, strategy },
  })
  const taskOf = (number: number) => {
    const { reference, to } = messageOf(number)
    return { recipient: to, userId: 1, sender: null, reference }
  }

  it('go less to an operator whose own weight a person lowered, and back at its old one', () => {
    const routes = indexRoutes({ operators, routes: [route(WEIGHTED)] })
    const tasks = Array.from({ length: 3_000 }, (_, number) => taskOf(number))
    const available = NAMES.map((name) => ({ name, breaker: { isAvailable: () => true } }) as never)
    const ofMci = (weight: number) => {
      const controlWeightOf = (name: string) => (name === 'mci' ? weight : 1)
      const groups = groupByRoute(routes, 'normal', available, tasks, { ...NO_CONDITIONS, controlWeightOf })
      return groups.flatMap(({ messages, operators: [first] }) => (first?.name === 'mci' ? messages : []))
        .length
    }
    // Of weights of 60, 30 and 10.
    assertAbout(ofMci(1), 1_800)
    assertAbout(ofMci(0.5), 1_286)
    assert.equal(ofMci(0), 0)
    assertAbout(ofMci(10), 2_813)
  })

  it('are batches by the order that they got', () => {
    const routes = indexRoutes({ operators, routes: [route(WEIGHTED)] })
    const tasks = Array.from({ length: 100 }, (_, number) => taskOf(number))
    const available = NAMES.map((name) => ({ name, breaker: { isAvailable: () => true } }) as never)
    const groups = groupByRoute(routes, 'normal', available, tasks)
    assert.equal(groups.length, 3)
    assert.deepEqual(groups.flatMap(({ messages }) => messages).length, 100)
    for (const { operators: chosen, reason } of groups)
      assert.equal(reason, `prefix 98, by weight: ${chosen.map(({ name }) => name).join(', then ')}`)
  })

  it('say in a dry run what weight, health and price they have', () => {
    const routes = indexRoutes({ operators, routes: [route(WEIGHTED)] })
    const healthOf = (name: string) => ({ share: name === 'mci' ? 0.5 : 1, latencyShare: 1 })
    const message = { to: '989121234567', type: 'normal', userId: 1, sender: null, reference: 'a:1' } as const
    const { lines, operators: chosen } = describeChoice(routes, message, { ...NO_CONDITIONS, healthOf })
    assert.deepEqual(lines.toSorted(), [
      'irancell: weight 30, first for 42.9 %, health keeps 100 %, 8 a part',
      'mci: weight 60, first for 42.9 %, health keeps 50 %, 3 a part',
      'rightel: weight 10, first for 14.3 %, health keeps 100 %, 7 a part',
    ])
    assert.equal(chosen.length, 3)
    assert.equal(chooseRoute(routes, message).operators.length, 3)
    const controlWeightOf = (name: string) => (name === 'mci' ? 0.5 : 1)
    assert.ok(
      describeChoice(routes, message, { ...NO_CONDITIONS, controlWeightOf }).lines.includes(
        'mci: weight 60 at 50 %, first for 42.9 %, health keeps 100 %, 3 a part',
      ),
    )
  })
})

/** By chance that follows from the identifiers, and so is the same in each run. */
function assertAbout(count: number, wanted: number): void {
  assert.ok(Math.abs(count - wanted) < 100, `${count} instead of ${wanted}`)
}

describe('the prefix of a number', () => {
  it('is the same with 00 as with a plus, for prices and for routes', () => {
    const priceOf = indexPrices([{ prefix: '98', price: 3 }])
    const routes = indexRoutes({
      operators: NAMES.map((name) => operatorOf({ name, url: 'http://operator' })),
      routes: [
        { prefix: '98', type: null, userId: null, sender: null, operators: ['mci'] },
        { prefix: '', type: null, userId: null, sender: null, operators: ['rightel'] },
      ],
    })
    const to = (number: string) =>
      chooseRoute(routes, { ...messageOf(1), userId: 1, sender: null, to: number }).operators
    for (const number of ['+989121111111', '989121111111', '00989121111111'])
      assert.deepEqual([priceOf(number), to(number)], [3, ['mci']], number)
  })
})
