import assert from 'node:assert/strict'
import { indexRoutes } from '../../src/operators/index.ts'
import type { OperatorRoute } from '../../src/operators/index.ts'
import { groupByRoute } from '../../src/operators/routing/groupByRoute.ts'
import { senderRulesSchema } from '../../src/operators/senders.ts'
import { operatorOf } from '../operators/operatorOf.ts'
import { CUSTOMER, DEPOSIT, openBench, openDelivery } from './bench.ts'
import type { Bench } from './bench.ts'
import { UNAVAILABLE, accepts, testOperator } from './operators.ts'
import type { TestOperator } from './operators.ts'

describe('the routes of the messages of an envelope', () => {
  let bench: Bench
  let mci: TestOperator
  let irancell: TestOperator
  beforeEach(async () => {
    bench = await openBench()
    mci = testOperator('mci')
    irancell = testOperator('irancell')
  })
  afterEach(async () => {
    await bench.assertBooksBalance()
    await bench.close()
  })

  const route = (operators: string[], given: Partial<OperatorRoute> = {}): OperatorRoute => {
    return { prefix: '', type: null, userId: null, sender: null, operators, ...given }
  }
  const deliver = async (
    routes: OperatorRoute[],
    senders: Record<string, object> = {},
    reachable = [mci, irancell],
  ) => {
    const rules = (name: string) => (senders[name] ? senderRulesSchema.parse(senders[name]) : null)
    const configs = ['mci', 'irancell'].map((name) =>
      operatorOf({ name, url: 'http://operator', senders: rules(name) }),
    )
    for (const each of reachable) Object.assign(each, { senders: rules(each.name) })
    const index = indexRoutes({ operators: configs, routes })
    const { deliver } = openDelivery(bench.db, reachable, {
      route: (tasks) => groupByRoute(index, 'normal', reachable, tasks),
    })
    await deliver(await bench.envelope())
  }
  const gotBy = ({ calls }: TestOperator) => calls.flat().map((reference) => reference.split(':')[1])

  it('lead each to its operators, and failover stays among them', async () => {
    const id = await bench.accept({ to: ['+989121111111', '989351111111', '447911111111'] })
    mci.answer = () => UNAVAILABLE
    await deliver([
      route(['mci', 'irancell'], { prefix: '98912' }),
      route(['irancell'], { prefix: '98' }),
      route(['mci'], { prefix: '44' }),
    ])
    const rows = await bench.rows(id)
    assert.deepEqual(
      rows.map(({ status, provider }) => [status, provider]),
      [
        ['done', 'irancell'],
        ['done', 'irancell'],
        ['pending', ''],
      ],
    )
    assert.deepEqual(
      [gotBy(mci), gotBy(irancell).toSorted()],
      [
        ['1', '3'],
        ['1', '2'],
      ],
    )
    mci.answer = accepts
  })

  it("keep a customer's own messages from others' operators", async () => {
    const id = await bench.accept()
    await deliver([route(['mci']), route(['irancell'], { userId: CUSTOMER })])
    assert.equal((await bench.row(id)).provider, 'irancell')
    const other = await bench.accept()
    await deliver([route(['mci']), route(['irancell'], { userId: CUSTOMER + 1 })])
    assert.equal((await bench.row(other)).provider, 'mci')
  })

  it('fail what no operator may have, refunded, and with a reason', async () => {
    const id = await bench.accept({ to: ['+989121111111', '+447911111111'] })
    await deliver([route(['mci'], { prefix: '98' })])
    const rows = await bench.rows(id)
    assert.deepEqual(
      rows.map(({ status, failureReason }) => [status, failureReason]),
      [
        ['done', null],
        ['failed', 'no route'],
      ],
    )
    assert.equal(await bench.balance(), DEPOSIT - 1)
    assert.deepEqual(
      (await bench.refunds()).map(({ no, amount }) => [no, amount]),
      [[2, 1]],
    )
  })

  it('fail nothing while the operators are drained: it waits', async () => {
    const id = await bench.accept()
    await deliver([route(['mci'])], {}, [irancell])
    assert.equal((await bench.row(id)).status, 'pending')
    assert.deepEqual(gotBy(irancell), [])
    assert.equal(await bench.balance(), DEPOSIT - 1)
  })

  it('give an operator the sender that it takes', async () => {
    const senders: (string | null)[] = []
    mci.answer = (batch) => {
      senders.push(...batch.map(({ from }) => from))
      return accepts(batch)
    }
    const rules = { default: '98200', alphanumeric: false, otherwise: 'default' }
    for (const sender of ['Chapar', '98300', undefined]) {
      await bench.accept(sender === undefined ? {} : { sender })
      await deliver([route(['mci'])], { mci: rules })
    }
    assert.deepEqual(senders, ['98200', '98300', '98200'])
  })

  it('pass over an operator that does not take the sender', async () => {
    const id = await bench.accept({ sender: 'Chapar' })
    await deliver([], { mci: { allowed: ['98200'] } })
    assert.equal((await bench.row(id)).provider, 'irancell')
    assert.deepEqual(gotBy(mci), [])
  })
})
