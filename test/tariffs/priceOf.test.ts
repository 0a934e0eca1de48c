import assert from 'node:assert/strict'
import fc from 'fast-check'
import { NO_TARIFFS, chooseTariff, indexTariffs, priceOf, selectTariffs } from '../../src/tariffs/index.ts'
import type { Tariff, TariffQuery } from '../../src/tariffs/index.ts'

const PRICES = { normal: 1, express: 3 }
const QUERY: TariffQuery = { userId: 7, type: 'normal', atMs: 1_000 }
const IRAN = '+989120000001'
const USA = '+14155550100'

const AT_ACCEPTANCE = { charging: 'acceptance', receiptWaitSeconds: null } as const

let lastId = 0
function tariff(changes: Partial<Tariff>): Tariff {
  lastId++
  return {
    id: lastId,
    userId: null,
    type: null,
    destinationPrefix: '',
    validFromMs: 0,
    validUntilMs: null,
    per: 'message',
    price: 100,
    ...AT_ACCEPTANCE,
    ...changes,
  }
}

function choose(tariffs: Tariff[], recipient = IRAN, query: Partial<TariffQuery> = {}): number {
  return chooseTariff(selectTariffs(indexTariffs(tariffs), { ...QUERY, ...query }, PRICES), recipient).price
}

describe('a price', () => {
  it('is captured when its tariff says so, in delivery within the wait that it says', () => {
    const held = tariff({ charging: 'delivery', receiptWaitSeconds: 60 })
    const [recipient] = priceOf(selectTariffs(indexTariffs([held]), QUERY, PRICES), 1, [IRAN]).recipients
    assert.deepEqual([recipient?.charging, recipient?.receiptWaitSeconds], ['delivery', 60])
  })

  it("is the environment's per message where no tariff holds, however many parts there are", () => {
    const normal = priceOf(selectTariffs(NO_TARIFFS, QUERY, PRICES), 3, [IRAN, USA])
    assert.deepEqual(normal, {
      cost: 2,
      recipients: [
        { recipient: IRAN, price: 1, tariffId: 0, ...AT_ACCEPTANCE },
        { recipient: USA, price: 1, tariffId: 0, ...AT_ACCEPTANCE },
      ],
      differs: false,
    })
    assert.equal(priceOf(selectTariffs(NO_TARIFFS, { ...QUERY, type: 'express' }, PRICES), 3, [IRAN]).cost, 3)
  })

  it('per part is that of all parts', () => {
    const five = tariff({ userId: 7, per: 'part', price: 5 })
    assert.deepEqual(priceOf(selectTariffs(indexTariffs([five]), QUERY, PRICES), 3, [IRAN]), {
      cost: 15,
      recipients: [{ recipient: IRAN, price: 15, tariffId: five.id, ...AT_ACCEPTANCE }],
      differs: false,
    })
  })

  it('may differ by destination, and each recipient keeps its own with its rule', () => {
    const iran = tariff({ destinationPrefix: '98', price: 2 })
    const usa = tariff({ destinationPrefix: '1', per: 'part', price: 4 })
    assert.deepEqual(
      priceOf(selectTariffs(indexTariffs([iran, usa]), QUERY, PRICES), 2, [IRAN, USA, '+4915112345678']),
      {
        cost: 11,
        recipients: [
          { recipient: IRAN, price: 2, tariffId: iran.id, ...AT_ACCEPTANCE },
          { recipient: USA, price: 8, tariffId: usa.id, ...AT_ACCEPTANCE },
          { recipient: '+4915112345678', price: 1, tariffId: 0, ...AT_ACCEPTANCE },
        ],
        differs: true,
      },
    )
  })

  it('can be 0', () => {
    assert.equal(choose([tariff({ price: 0 })]), 0)
  })

  it('is refused rather than rounded when the sum is beyond 2^53', () => {
    const list = selectTariffs(indexTariffs([tariff({ price: 2 ** 52, per: 'part' })]), QUERY, PRICES)
    assert.throws(() => priceOf(list, 2, [IRAN]), /more than money/)
    assert.throws(() => priceOf(list, 1, [IRAN, USA]), /more than money/)
  })
})

describe('the tariff that is chosen', () => {
  it('is that of the longest prefix', () => {
    const tariffs = [
      tariff({ price: 10 }),
      tariff({ destinationPrefix: '98', price: 11 }),
      tariff({ destinationPrefix: '98912', price: 12 }),
    ]
    assert.equal(choose(tariffs, IRAN), 12)
    assert.equal(choose(tariffs, '989350000001'), 11)
    assert.equal(choose(tariffs, USA), 10)
  })

  it('is that of its calling code also for a number with 00', () => {
    const tariffs = [
      tariff({ destinationPrefix: '98', price: 11 }),
      tariff({ destinationPrefix: '0912', price: 12 }),
    ]
    for (const number of [IRAN, '989120000001', '00989120000001']) assert.equal(choose(tariffs, number), 11)
    assert.equal(choose(tariffs, '09120000001'), 12)
  })

  it("is the customer's own before one for all, and the class's own before one for both", () => {
    const all = tariff({ destinationPrefix: '98912', price: 10 })
    const allOfClass = tariff({ type: 'normal', price: 11 })
    const own = tariff({ userId: 7, price: 12 })
    const ownOfClass = tariff({ userId: 7, type: 'normal', price: 13 })
    assert.equal(choose([all]), 10)
    assert.equal(choose([all, allOfClass]), 11)
    assert.equal(choose([all, allOfClass, own]), 12)
    assert.equal(choose([all, allOfClass, own, ownOfClass]), 13)
  })

  it("falls back to the next when the customer's own tariffs have no such prefix", () => {
    const tariffs = [tariff({ userId: 7, destinationPrefix: '1', price: 12 }), tariff({ price: 10 })]
    assert.equal(choose(tariffs, IRAN), 10)
    assert.equal(choose(tariffs, USA), 12)
  })

  it("is never another customer's or another class's", () => {
    assert.equal(choose([tariff({ userId: 8 })]), 1)
    assert.equal(choose([tariff({ type: 'express' })]), 1)
    assert.equal(choose([tariff({ type: 'express' })], IRAN, { type: 'express' }), 100)
  })

  it('holds from its first moment until before its last', () => {
    const tariffs = [tariff({ validFromMs: 1_000, validUntilMs: 2_000 })]
    assert.deepEqual(
      [999, 1_000, 1_999, 2_000].map((atMs) => choose(tariffs, IRAN, { atMs })),
      [1, 100, 100, 1],
    )
  })

  it('is the one that began later, and then the newer one, in whatever order they come', () => {
    const old = tariff({ price: 10 })
    const newer = tariff({ price: 11 })
    const later = tariff({ validFromMs: 500, price: 12 })
    for (const tariffs of [
      [old, newer],
      [newer, old],
    ])
      assert.equal(choose(tariffs), 11)
    const longAgo = tariff({ price: 13 })
    for (const tariffs of [
      [later, longAgo],
      [longAgo, later],
    ])
      assert.equal(choose(tariffs), 12)
  })

  it('is the same as by trying all of them', () => {
    const random = fc.record({
      userId: fc.constantFrom(7, 8, null),
      type: fc.constantFrom('normal' as const, 'express' as const, null),
      destinationPrefix: fc.constantFrom('', '9', '98', '989', '98912', '1', '14'),
      validFromMs: fc.constantFrom(0, 500, 1_500),
      validUntilMs: fc.constantFrom(800, 2_000, null),
    })
    fc.assert(
      fc.property(fc.array(random, { maxLength: 12 }), fc.constantFrom(IRAN, USA, '+49151'), (fields, to) => {
        const tariffs = fields.map((some, i) => tariff({ ...some, id: i + 1 }))
        const list = selectTariffs(indexTariffs(tariffs), QUERY, PRICES)
        assert.equal(chooseTariff(list, to).id, bestByTrying(tariffs, to))
      }),
    )
  })
})

/** The rule in one sentence: of all that match, the greatest by customer, class, prefix, beginning and row. */
function bestByTrying(tariffs: Tariff[], to: string): number {
  const matching = tariffs.filter(
    (it) =>
      [7, null].includes(it.userId) &&
      ['normal', null].includes(it.type) &&
      to.startsWith(`+${it.destinationPrefix}`) &&
      it.validFromMs <= QUERY.atMs &&
      QUERY.atMs < (it.validUntilMs ?? Infinity),
  )
  const rank = (it: Tariff) => [
    ...[it.userId === null ? 0 : 1, it.type === null ? 0 : 1],
    ...[it.destinationPrefix.length, it.validFromMs, it.id],
  ]
  const ranked = matching.toSorted((a, b) => {
    const other = rank(b)
    return (
      rank(a)
        .map((value, i) => (other[i] ?? 0) - value)
        .find((difference) => difference !== 0) ?? 0
    )
  })
  return ranked[0]?.id ?? 0
}
