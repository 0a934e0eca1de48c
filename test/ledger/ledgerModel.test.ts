import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { sql } from 'kysely'
import { audit } from '../../src/audit/index.ts'
import { topUp } from '../../src/ledger/index.ts'
import { lockRecipients, markFailed, markSending, openShards } from '../../src/messages/index.ts'
import type { Accept } from '../../src/messages/index.ts'
import { closeDb, openDb, transact } from '../../src/platform/db/index.ts'
import type { Db, Tx } from '../../src/platform/db/index.ts'
import { identifierToBytes } from '../../src/primitives/identifier.ts'
import type { MessageClass } from '../../src/primitives/messageClass.ts'
import { Unavailable } from '../../src/primitives/unavailable.ts'
import { recipients } from '../support/api.ts'
import { PRICES, acceptContextOf, fund, look, newIdOf } from '../support/arrange.ts'
import { holdBalance } from '../support/holdBalance.ts'
import { setLockWait } from '../support/lockWaits.ts'
import { loseCommit } from '../support/loseCommit.ts'
import type { LostPart } from '../support/loseCommit.ts'
import { emptyTables, freshStack } from '../support/servers.ts'
import type { Stack } from '../support/servers.ts'
import { refundIn } from './refundOne.ts'
import { openTcpProxy } from '../../dev/tcpProxy.ts'
import type { TcpProxy } from '../../dev/tcpProxy.ts'

/** What each customer has to begin with: for a few recipients, for some, and for several requests of hundreds. */
const FIRST_BALANCES = new Map([
  [1, 20],
  [2, 300],
  [3, 4_000],
])
const CUSTOMERS = [...FIRST_BALANCES.keys()]
/** The first failure is shown as it is: a search for a smaller one would outlast the test's time. */
const RUNS = 40
const RUNS_WITH_HOLD = 5
/** Half of the engine's. */
const LOCK_WAIT_WITH_HOLD_SECONDS = 1

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
  // Also what takes a second outbox row, and what is large enough for a lane of its own.
  to: fc.oneof(
    { weight: 6, arbitrary: fc.integer({ min: 1, max: 12 }) },
    { weight: 1, arbitrary: fc.constantFrom(101, 501) },
  ),
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
/** What befalls the links to the database during a group: a COMMIT is lost, or all are cut at one of their packets. */
type Fault =
  | { kind: 'none' }
  | { kind: 'lose'; part: LostPart }
  | { kind: 'cut'; atPacket: number }
  /** Another session keeps this customer's balance locked. */
  | { kind: 'hold'; userId: number }

const fault: fc.Arbitrary<Fault> = fc.oneof(
  { weight: 3, arbitrary: fc.constant({ kind: 'none' as const }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('lose' as const),
      part: fc.constantFrom<LostPart>('request', 'answer'),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('cut' as const), atPacket: fc.integer({ min: 1, max: 30 }) }),
  },
)
/** The commands of a group run at once, in an unknown order. A command alone in its group has one possible decision. */
interface Group {
  commands: Command[]
  fault: Fault
}
const groupUnder = (fault: fc.Arbitrary<Fault>): fc.Arbitrary<Group> =>
  fc.record({ commands: fc.array(command, { minLength: 1, maxLength: 6 }), fault })
const history = fc.array(groupUnder(fault), { minLength: 1, maxLength: 8 })
/** Each costs some lock waits. Between others, as what was held is decided apart for a while after it. */
const groupUnderHold = fc
  .record({ group: groupUnder(fault), request })
  .map(({ group: { commands }, request }): Group => ({
    commands: [...commands, { kind: 'send', requests: [request] }],
    fault: { kind: 'hold', userId: request.userId },
  }))
const historyWithHold = fc.tuple(groupUnder(fault), groupUnderHold, groupUnder(fault))

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
  /** The customer whose balance another session locks during it. */
  held: number | undefined
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

/** Unavailable is the promise that nothing was. */
function changedNothing(error: unknown): undefined {
  assert.ok(error instanceof Unavailable, String(error))
}

describe('the ledger under random histories', () => {
  let stack: Stack
  let proxy: TcpProxy
  /** What the ledger works on; the checks look past the proxy. */
  let db: Db
  let accept: Accept
  before(async () => {
    stack = await freshStack()
    proxy = await openTcpProxy(stack.databaseUrl)
    const sizes = { maxOpenConns: 10, maxIdleConns: 9, connMaxLifetimeSeconds: 300 }
    db = openDb({ url: proxy.url, ...sizes })
    const events = { batchDecided: () => {} }
    accept = openShards({
      db,
      ...acceptContextOf(stack.db),
      // A miss is the settlement's to record, which these failures leave out.
      guaranteedWithinMs: 3_600_000,
      shards: 2,
      batchSizeMax: 2_000,
      events,
    })
  })
  after(async () => {
    proxy.cut()
    await closeDb(db)
    await proxy.close()
    await stack.drop()
  })

  it('comes to what a simple model of it comes to', async () => {
    setLockWait(db)
    await fc.assert(fc.asyncProperty(history, runHistory), { numRuns: RUNS, endOnFailure: true })
  })

  it('comes to the same while another session keeps a balance locked', async () => {
    setLockWait(db, LOCK_WAIT_WITH_HOLD_SECONDS)
    await fc.assert(fc.asyncProperty(historyWithHold, runHistory), {
      numRuns: RUNS_WITH_HOLD,
      endOnFailure: true,
    })
  })

  async function runHistory(groups: Group[]): Promise<void> {
    await emptyTables(stack.db)
    const model: Model = {
      balances: zeroes(),
      accepted: [],
      given: zeroes(),
      taken: zeroes(),
      held: undefined,
    }
    for (const [userId, amount] of FIRST_BALANCES) {
      await fund(stack.db, userId, amount)
      give(model, userId, amount)
    }
    for (const group of groups) await runGroup(model, group)
    assert.deepEqual((await audit(stack.db)).violations, [])
  }

  async function runGroup(model: Model, { commands, fault }: Group): Promise<void> {
    const before = new Map(model.balances)
    const held = fault.kind === 'hold' ? fault.userId : undefined
    Object.assign(model, { given: zeroes(), taken: zeroes(), held })
    // What the group itself accepts cannot fail in it.
    const candidates = [...model.accepted]
    const heal = await inflict(fault)
    const checks = await Promise.all(commands.map((each) => run(model, candidates, each))).finally(heal)
    for (const check of checks) check(before)
    assert.deepEqual(await readBalances(), model.balances)
  }

  /** @returns what ends it, should it not have happened. */
  async function inflict(fault: Fault): Promise<() => unknown> {
    if (fault.kind === 'none') return () => {}
    if (fault.kind === 'hold') return holdBalance(stack.db, fault.userId)
    if (fault.kind === 'lose') {
      const lost = loseCommit(proxy, fault.part)
      return () => lost.end()
    }
    let packets = 0
    return proxy.onBytes((_bytes, direction) => {
      if (direction === 'toServer' && ++packets === fault.atPacket) proxy.cut()
    })
  }

  async function readBalances(): Promise<Sums> {
    const balances = zeroes()
    const rows = await look(
      stack.db,
      sql<{ user_id: number; balance: number }>`SELECT user_id, balance FROM user_balances`,
    )
    for (const { user_id, balance } of rows) balances.set(user_id, balance)
    return balances
  }

  async function run(model: Model, candidates: Accepted[], each: Command): Promise<Check> {
    if (each.kind === 'send') {
      const checks = await Promise.all(each.requests.map((request) => send(model, request)))
      return (before) => checks.forEach((check) => check(before))
    }
    if (each.kind === 'topUp') return addMoney(model, each.userId, each.amount)
    const chosen = candidates[each.choice % candidates.length]
    return chosen ? fail(model, chosen) : () => {}
  }

  async function addMoney(model: Model, userId: number, amount: number): Promise<Check> {
    const decision = await topUp(db, { userId, amount, description: '' }, newIdOf(stack.db)()).catch(
      changedNothing,
    )
    if (!decision) return () => {}
    assert.notEqual(decision.kind, 'balance_limit')
    const isThere =
      decision.kind === 'added' ||
      (await isBooked(decision.kind === 'outcome_unknown' ? decision.transactionId : ''))
    if (isThere) give(model, userId, amount)
    return () => {}
  }

  async function send(model: Model, { userId, to, type }: Request): Promise<Check> {
    const decision = await accept({ userId, type, text: 'hi', recipients: recipients(to) }).catch(
      changedNothing,
    )
    const cost = to * PRICES[type]
    if (!decision || decision.kind === 'unavailable') return () => {}
    if (decision.kind === 'insufficient_balance') {
      const { balance } = decision
      assert.deepEqual(decision, { kind: 'insufficient_balance', cost, balance })
      assert.ok(balance < cost, `refused ${cost} although ${balance} was there`)
      // What it saw lies between all that the group took and all that it gave.
      return (before) => {
        assert.ok(balance >= of(before, userId) - of(model.taken, userId))
        assert.ok(balance <= of(before, userId) + of(model.given, userId))
      }
    }
    if (decision.kind === 'account_locked') {
      // On a busy machine others of the group may lock one another's balances for as long.
      assert.notEqual(model.held, undefined)
      return () => {}
    }
    const { smsIdentifier } = decision as { smsIdentifier: string }
    if (decision.kind === 'outcome_unknown' && !(await isBooked(smsIdentifier))) return () => {}
    if (decision.kind === 'accepted')
      assert.deepEqual(decision, { kind: 'accepted', smsIdentifier, recipients: to, cost })
    take(model, userId, cost)
    for (let recipientNo = 1; recipientNo <= to; recipientNo++)
      model.accepted.push({ smsIdentifier, recipientNo, userId, price: PRICES[type], hasFailed: false })
    return () => {}
  }

  /** The ledger's word on what could not be found out. */
  async function isBooked(identifier: string): Promise<boolean> {
    const rows = await look(
      stack.db,
      sql`SELECT 1 FROM user_transactions
        WHERE transaction_id = ${identifierToBytes(identifier)} AND recipient_no = 0`,
    )
    return rows.length > 0
  }

  /** An operator refuses the recipient: its end and its refund, as a settlement writes them. */
  async function fail(model: Model, chosen: Accepted): Promise<Check> {
    const { smsIdentifier, recipientNo, userId, price } = chosen
    const owner = randomBytes(8).toString('hex')
    const lock = (tx: Tx) => lockRecipients(tx, [{ smsIdentifier, first: recipientNo, last: recipientNo }])
    const failing = transact(
      db,
      'test.fail',
      async (tx) => {
        const rows = await lock(tx)
        await markSending(tx, rows, { owner, leaseSeconds: 10 })
        const sending = rows.map((row) => ({ ...row, status: 'sending' as const }))
        await markFailed(
          tx,
          sending.map((row) => ({ row, provider: '', reason: 'a test', possiblySent: false })),
        )
        await refundIn(tx, [
          { userId, smsIdentifier, recipientNo, type: 'refund', amount: price, reason: 'a test' },
        ])
        return true
      },
      { resolve: async (tx) => (await lock(tx))[0]?.owner === owner || undefined },
    )
    try {
      await failing
    } catch (error) {
      if (error instanceof Unavailable) return () => {}
      assert.match((error as Error).message, /cannot go from failed/)
      return () => assert.ok(chosen.hasFailed, 'the first failure of a recipient was refused')
    }
    assert.ok(!chosen.hasFailed, 'a recipient failed twice')
    chosen.hasFailed = true
    give(model, userId, price)
    return () => {}
  }
})
