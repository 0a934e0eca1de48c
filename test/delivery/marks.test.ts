import assert from 'node:assert/strict'
import { SILENT, UNAVAILABLE } from './operators.ts'
import { eventually } from '../support/eventually.ts'
import { openBench, openDelivery } from './bench.ts'
import type { Bench, Row } from './bench.ts'
import { accepts, answers, saysOfEach, testOperator } from './operators.ts'
import type { Answer, TestOperator } from './operators.ts'

/** [possibly sent, possible duplicate] as the table has them. */
type Marks = [boolean, boolean]
const UNMARKED: Marks = [false, false]
const MARKED: Marks = [true, true]

describe('the marks of a message that may have been sent (invariant 4)', () => {
  let bench: Bench
  let smsIdentifier: string
  let looks: { operator: string; rows: Row[] }[]
  beforeEach(async () => {
    bench = await openBench()
    looks = []
  })
  afterEach(async () => {
    await bench.assertBooksBalance()
    await bench.close()
  })

  /** An operator that looks into the database when it is called: what it sees was committed before the call. */
  const looking = (name: string, ...script: Answer[]): TestOperator =>
    testOperator(
      name,
      async (batch) => {
        looks.push({ operator: name, rows: await bench.rows(smsIdentifier) })
        const answer =
          script[Math.min(looks.filter((look) => look.operator === name).length, script.length) - 1]
        return (answer ?? accepts)(batch)
      },
      { deduplicatesReferences: true },
    )
  const marksSeen = () =>
    looks.map(({ operator, rows }) => [
      operator,
      ...rows.map(({ possiblySent, possibleDuplicate }): Marks => [possiblySent, possibleDuplicate]),
    ])

  it('are not there before the first call, and there before the same operator is asked again', async () => {
    smsIdentifier = await bench.accept()
    const a = looking('a', () => SILENT, accepts)
    const { deliver, reported } = openDelivery(bench.db, [a])
    await deliver(await bench.envelope())
    assert.deepEqual(marksSeen(), [
      ['a', UNMARKED],
      ['a', MARKED],
    ])
    assert.equal(a.calls[0]?.[0], a.calls[1]?.[0], 'the same reference')
    assert.equal(reported.possibleDuplicates, 1)
    assert.equal((await bench.row(smsIdentifier)).status, 'done')
  })

  it('are there before express goes to the next operator', async () => {
    smsIdentifier = await bench.accept({ type: 'express' })
    const [a, b] = [looking('a', () => SILENT), looking('b', accepts)]
    await openDelivery(bench.db, [a, b]).deliver(await bench.envelope('express'))
    assert.deepEqual(marksSeen(), [
      ['a', UNMARKED],
      ['b', MARKED],
    ])
  })

  it('stand on those alone whose answer is missing, not on their neighbours', async () => {
    smsIdentifier = await bench.accept({ count: 3 })
    const mixed: Answer = (batch) => {
      const kinds = ['unavailable', 'unknown', 'unavailable'] as const
      return answers(batch, ({ reference }) => ({
        kind: kinds[Number(reference.split(':')[1]) - 1] ?? 'unknown',
        reason: 'so it says',
      }))
    }
    const [a, b] = [looking('a', mixed), looking('b', accepts)]
    const { deliver, reported } = openDelivery(bench.db, [a, b])
    await deliver(await bench.envelope())
    assert.deepEqual(
      a.calls.map(({ length }) => length),
      [3, 1],
    )
    assert.deepEqual(marksSeen().at(-1), ['b', UNMARKED, MARKED, UNMARKED])
    assert.equal(reported.possibleDuplicates, 1)
  })

  it('are not set by an operator that did not take it', async () => {
    smsIdentifier = await bench.accept()
    const [a, b] = [looking('a', () => UNAVAILABLE), looking('b', accepts)]
    await openDelivery(bench.db, [a, b]).deliver(await bench.envelope())
    assert.deepEqual(marksSeen(), [
      ['a', UNMARKED],
      ['b', UNMARKED],
    ])
  })

  it('say "possibly sent" while it waits for a later try, and "possible duplicate" before that try', async () => {
    smsIdentifier = await bench.accept({ type: 'express' })
    const [a, b] = [looking('a', () => SILENT, accepts), testOperator('b', saysOfEach('unavailable'))]
    const { deliver, reported } = openDelivery(bench.db, [a])
    await deliver(await bench.envelope('express'))
    const waiting = await bench.row(smsIdentifier)
    assert.deepEqual(
      [waiting.status, waiting.possiblySent, waiting.possibleDuplicate],
      ['pending', true, false],
    )
    assert.equal(reported.possibleDuplicates, 0)

    await openDelivery(bench.db, [a, b]).deliver(await bench.nextRound('express'))
    assert.deepEqual(marksSeen(), [
      ['a', UNMARKED],
      ['a', MARKED],
    ])
  })

  it('are there before the try that follows a consumer which died in the middle of its own', async () => {
    smsIdentifier = await bench.accept()
    const envelope = await bench.envelope()
    const dying = testOperator('a', () => new Promise(() => {}))
    void openDelivery(bench.db, [dying]).deliver(envelope)
    await eventually('it calls', () => dying.calls.length === 1)
    await bench.leaseIsOver(smsIdentifier)

    const a = looking('a', accepts)
    const { deliver, reported } = openDelivery(bench.db, [a])
    await deliver(envelope)
    assert.deepEqual(marksSeen(), [['a', MARKED]])
    assert.deepEqual([reported.possibleDuplicates, reported.settled], [1, ['done']])
  })

  it('are counted once, however often it is tried again', async () => {
    smsIdentifier = await bench.accept()
    const a = looking('a', () => SILENT)
    const { deliver, reported } = openDelivery(bench.db, [a])
    await deliver(await bench.envelope())
    await deliver(await bench.nextRound())
    assert.deepEqual([a.calls.length, reported.possibleDuplicates], [3, 1])
  })
})
