import assert from 'node:assert/strict'
import { createDriver } from '../../../loadtest/generator/drive.ts'
import type { RequestResult } from '../../../loadtest/generator/exchange.ts'
import { mergeRecords, percentilesOf } from '../../../loadtest/generator/index.ts'
import type { GeneratorPlan } from '../../../loadtest/generator/index.ts'
import { createTimetable } from '../../../loadtest/generator/timetable.ts'
import { planOf } from './planOf.ts'

const START_MS = 5_000
const ACCEPTED: RequestResult = { answer: '200', acceptedRecipients: 1 }

/** A driver whose clock and whose target are in the hands of the test. */
function stage(plan: GeneratorPlan) {
  let nowMs = START_MS
  const onTheirWay: ((result: RequestResult) => void)[] = []
  const exchange = {
    hasRoom: () => onTheirWay.length < plan.connections,
    send: (_text: string, onEnd: (result: RequestResult) => void) => void onTheirWay.push(onEnd),
  }
  const driver = createDriver(plan, createTimetable(plan, START_MS), exchange, () => nowMs)
  return {
    driver,
    onTheirWay,
    /** Tick by tick, as its process does. @returns whether it is over. */
    goTo: (elapsedMs: number, each: () => void = () => {}): boolean => {
      let isOver = false
      for (; nowMs < START_MS + elapsedMs; nowMs += 1) {
        isOver = driver.pump()
        each()
      }
      return driver.pump() || isOver
    },
    answerAll: (ending = ACCEPTED): void => {
      for (const onEnd of onTheirWay.splice(0)) onEnd(ending)
    },
  }
}

describe('the driving of load', () => {
  it('sends each request when it is due, rate times duration in all', () => {
    const { driver, goTo, answerAll } = stage(
      planOf({ ratePerSecond: 250, warmUpMs: 400, durationMs: 1_000 }),
    )
    const sentBy: number[] = []
    let sent = 0
    const isOver = goTo(1_500, () => {
      sent += driver.takeProgress().sentRequests
      sentBy.push(sent)
      answerAll()
    })
    // Every 4 ms one, the first one at once.
    for (const [elapsedMs, count] of sentBy.entries())
      assert.equal(count, Math.min(350, Math.floor(elapsedMs / 4) + 1), `after ${elapsedMs} ms`)
    assert.ok(isOver)
    const { dueRequests, unsentRequests, answers, warmUp, achievedPerSecond, durationMs } = driver.result()
    assert.deepEqual([dueRequests, unsentRequests, durationMs], [250, 0, 1_000])
    assert.deepEqual(answers, { '200': 250 })
    assert.deepEqual(warmUp, {
      dueRequests: 100,
      unsentRequests: 0,
      answers: { '200': 100 },
      acceptedRecipients: 100,
    })
    assert.equal(achievedPerSecond, 250)
  })

  it('counts a stall against every request that came due meanwhile, not only those on their way', () => {
    const plan = planOf({ ratePerSecond: 1_000, warmUpMs: 0, durationMs: 100, connections: 2 })
    const { driver, goTo, answerAll, onTheirWay } = stage(plan)
    goTo(50)
    assert.equal(onTheirWay.length, 2)
    assert.equal(driver.takeProgress().waitingRequests, 51 - 2)
    // Answers now come with the next tick.
    assert.ok(goTo(200, answerAll))
    const { http, service, lateness, answers } = driver.result()
    assert.deepEqual(answers, { '200': 100 })
    // Request i was due after i ms, and sent after 50 + i/2 ms, two with each tick: half of them waited 25 ms and more.
    const fromDue = percentilesOf(mergeRecords([http]))
    assert.equal(fromDue.count, 100)
    assert.ok(fromDue.p50Ms > 20, JSON.stringify(fromDue))
    // From when it was sent it took a tick: what a closed loop would have measured.
    assert.ok(percentilesOf(mergeRecords([service])).p50Ms < 2)
    assert.ok(percentilesOf(mergeRecords([lateness])).p50Ms > 20)
  })

  it('sends what waits as soon as an answer frees a connection', () => {
    const { goTo, onTheirWay } = stage(planOf({ ratePerSecond: 1_000, durationMs: 10, connections: 1 }))
    goTo(5)
    onTheirWay.shift()?.(ACCEPTED)
    assert.equal(onTheirWay.length, 1)
  })

  it('gives up what could not be sent when the time and the overtime are over, and says so', () => {
    const plan = planOf({ ratePerSecond: 100, durationMs: 100, overtimeMs: 50, connections: 1 })
    const { driver, goTo, answerAll } = stage(plan)
    assert.equal(goTo(200), false, 'one is still on its way')
    answerAll({ answer: 'no answer (timeout)', acceptedRecipients: 0 })
    assert.ok(driver.pump())
    const { dueRequests, unsentRequests, answers } = driver.result()
    assert.deepEqual([dueRequests, unsentRequests], [10, 9])
    assert.deepEqual(answers, { 'no answer (timeout)': 1 })
  })

  it('sends nothing more when it is stopped, and counts up to there', () => {
    const { driver, goTo, answerAll } = stage(planOf({ ratePerSecond: 1_000, durationMs: 10_000 }))
    goTo(500, answerAll)
    driver.stop()
    const isOver = goTo(600, answerAll)
    assert.ok(isOver)
    const { dueRequests, durationMs, achievedPerSecond } = driver.result()
    assert.deepEqual([dueRequests, durationMs, achievedPerSecond], [501, 500, 1_002])
  })

  it('counts the accepted recipients of each customer when asked to', () => {
    const plan = planOf({ ratePerSecond: 100, durationMs: 1_000, skew: 'one', countsCustomers: true })
    const { driver, goTo, answerAll } = stage(plan)
    goTo(1_100, () => answerAll({ answer: '200', acceptedRecipients: 3 }))
    const { acceptedByCustomer } = driver.result()
    assert.deepEqual(acceptedByCustomer, [300, ...Array.from({ length: 99 }, () => 0)])
  })
})
