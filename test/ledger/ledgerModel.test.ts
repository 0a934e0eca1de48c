import assert from 'node:assert/strict'
import fc from 'fast-check'
import { sql } from 'kysely'
import { audit } from '../../src/audit/index.ts'
import { refund, topUp } from '../../src/ledger/index.ts'
import { lockRecipients, markFailed, markSending } from '../../src/messages/index.ts'
import { closeDb, openDb, transact } from '../../src/platform/db/index.ts'
import type { Db } from '../../src/platform/db/index.ts'
import type { MessageClass } from '../../src/primitives/messageClass.ts'
import { PRICES, look, newIdOf, offer } from '../support/arrange.ts'
import { emptyTables, freshStack } from '../support/servers.ts'
import type { Stack } from '../support/servers.ts'

const CUSTOMERS = [1, 2, 3]
const RUNS = 25

interface Request {
  userId: number
  to: number
  type: MessageClass
}

type Command =
  | { kind: 'topUp'; userId: number; amount: number }
  | { kind: 'send'; requests: Request[] }
  /** Lets one of the recipients accepted so far fail; those that failed before are among the choices. */
  | { kind: 'fail'; choice: number }

const customer = fc.constantFrom(...CUSTOMERS)
const request: fc.Arbitrary<Request> = fc.record({
  userId: customer,
  to: fc.integer({ min: 1, max: 12 }),
  type: fc.constantFrom<MessageClass>('normal', 'express'),
})
const command: fc.Arbitrary<Command> = fc.oneof(
  fc.record({
    kind: fc.constant('topUp' as const),
    userId: customer,
    amount: fc.integer({ min: 1, max: 40 }),
  }),
  fc.record({
    kind: fc.constant('send' as const),
    requests: fc.array(request, { minLength: 1, maxLength: 3 }),
  }),
  fc.record({ kind: fc.constant('fail' as const), choice: fc.nat() }),
)
/** Groups follow each other; the commands of a group run at once, in an order that nobody knows. */
const history = fc.array(fc.array(command, { minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 8 })

interface Accepted {
  smsIdentifier: string
  recipientNo: number
  userId: number
  price: number
  hasFailed: boolean
}

/** The ledger as a child would keep it: one number a customer, and who was paid for. */
interface Model {
  balances: Sums
  accepted: Accepted[]
  /** What the present group gave to each customer, and what it took. */
  given: Sums
  taken: Sums
}

type Sums = Map<number, number>
/** Runs when all of a group has ended. */
type Check = (before: Sums) => void

const zeroes = (): Sums => new Map(CUSTOMERS.map((userId) => [userId, 0]))
const add = (sums: Sums, userId: number, amount: number) => sums.set(userId, of(sums, userId) + amount)
const of = (sums: Sums, userId: number) => sums.get(userId) ?? 0

function give(model: Model, userId: number, amount: number): void {
  add(model.balances, userId, amount)
  add(model.given, userId, amount)
}

function take(model: Model, userId: number, amount: number): void {
  add(model.balances, userId, -amount)
  add(model.taken, userId, amount)
}

describe('the ledger under random histories', () => {
  let stack: Stack
  let db: Db
  before(async () => {
    stack = await freshStack()
    db = openDb({ url: stack.databaseUrl, maxOpenConns: 10, maxIdleConns: 10, connMaxLifetimeSeconds: 300 })
  })
  after(async () => {
    await closeDb(db)
    await stack.drop()
  })

  it('comes to what a simple model of it comes to', async () => {
    await fc.assert(
      fc.asyncProperty(history, async (groups) => {
        await emptyTables(db)
        const model = { balances: zeroes(), accepted: [], given: zeroes(), taken: zeroes() }
        for (const group of groups) await runGroup(model, group)
        assert.deepEqual((await audit(db)).violations, [])
      }),
      { numRuns: RUNS },
    )
  })

  async function runGroup(model: Model, group: Command[]): Promise<void> {
    const before = new Map(model.balances)
    Object.assign(model, { given: zeroes(), taken: zeroes() })
    // What the group itself accepts cannot fail in it.
    const candidates = [...model.accepted]
    const checks = await Promise.all(group.map((each) => run(model, candidates, each)))
    for (const check of checks) check(before)
    assert.deepEqual(await readBalances(), model.balances)
  }

  async function readBalances(): Promise<Sums> {
    const balances = zeroes()
    const rows = await look(
      db,
      sql<{ user_id: number; balance: number }>`SELECT user_id, balance FROM user_balances`,
    )
    for (const { user_id, balance } of rows) balances.set(user_id, balance)
    return balances
  }

  async function run(model: Model, candidates: Accepted[], each: Command): Promise<Check> {
    if (each.kind === 'send') return send(model, each.requests)
    if (each.kind === 'topUp') {
      const verdict = await topUp(db, { ...each, description: '' }, newIdOf(db)())
      assert.equal(verdict.kind, 'added')
      give(model, each.userId, each.amount)
      return () => {}
    }
    const chosen = candidates[each.choice % candidates.length]
    return chosen ? fail(model, chosen) : () => {}
  }

  async function send(model: Model, requests: Request[]): Promise<Check> {
    const verdicts = await offer(db, ...requests)
    const checks = requests.map(({ userId, to, type }, index): Check => {
      const verdict = verdicts[index]
      const cost = to * PRICES[type]
      if (verdict?.kind === 'accepted') {
        const { smsIdentifier } = verdict
        assert.deepEqual(verdict, { kind: 'accepted', smsIdentifier, recipients: to, cost })
        take(model, userId, cost)
        for (let recipientNo = 1; recipientNo <= to; recipientNo++)
          model.accepted.push({ smsIdentifier, recipientNo, userId, price: PRICES[type], hasFailed: false })
        return () => {}
      }
      assert.ok(verdict?.kind === 'insufficient_balance')
      const { balance } = verdict
      assert.deepEqual(verdict, { kind: 'insufficient_balance', cost, balance })
      assert.ok(balance < cost, `refused ${cost} although ${balance} was there`)
      // What it saw lies between all that the group took and all that it gave.
      return (before) => {
        assert.ok(balance >= of(before, userId) - of(model.taken, userId))
        assert.ok(balance <= of(before, userId) + of(model.given, userId))
      }
    })
    return (before) => checks.forEach((check) => check(before))
  }

  /** An operator refuses the recipient: its end and its refund, as a settlement writes them. */
  async function fail(model: Model, chosen: Accepted): Promise<Check> {
    const { smsIdentifier, recipientNo, userId, price } = chosen
    const failing = transact(db, 'test.fail', async (tx) => {
      const rows = await lockRecipients(tx, [{ smsIdentifier, first: recipientNo, last: recipientNo }])
      await markSending(tx, rows, { owner: '0123456789abcdef', leaseSeconds: 10, again: false })
      const sending = rows.map((row) => ({ ...row, status: 'sending' as const }))
      await markFailed(tx, sending, { provider: '', possiblySent: false })
      await refund(tx, [{ userId, smsIdentifier, recipientNo, amount: price, reason: 'a test' }])
    })
    try {
      await failing
    } catch (error) {
      assert.match((error as Error).message, /cannot go from failed/)
      return () => assert.ok(chosen.hasFailed, 'the first failure of a recipient was refused')
    }
    assert.ok(!chosen.hasFailed, 'a recipient failed twice')
    chosen.hasFailed = true
    give(model, userId, price)
    return () => {}
  }
})
