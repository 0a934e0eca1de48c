import assert from 'node:assert/strict'
import { openHistory, withTrend } from '../../src/ops/live/history.ts'
import { mergeProcesses } from '../../src/ops/live/mergeProcesses.ts'
import { quantilesOf, sumCounts } from '../../src/ops/live/quantiles.ts'
import type { RunningProcess, Traffic } from '../../src/processes/index.ts'
import { sayEmpty, sayRows } from '../../src/ops/page/sayBacklog.js'
import { DEPTH_MAX } from '../../src/outbox/index.ts'
import { breakerOf, stateOf } from '../processes/stateOf.ts'

const COUNTS = {
  quarantine: 0,
  disabledWebhooks: 0,
  openActions: 0,
  receipts: { waiting: 0, orphan: 0, reasons: [] },
}
const NOW = new Date('2026-01-19T08:30:00Z')

function traffic(changes: Partial<Traffic>): Traffic {
  return {
    ...{ seconds: 60, http: {}, httpDurations: [], accepted: {}, handedOver: {}, failed: {} },
    ...{ handOverAges: {}, operators: {}, failures: {}, ...changes },
  }
}

function processOf(state: Partial<RunningProcess['state']>, ageMs = 0): RunningProcess {
  const reportedAt = new Date(NOW.getTime() - ageMs)
  const who = { id: 'x', roles: ['api'], version: '1', startedAt: NOW, reportedAt }
  return { ...who, state: { ...stateOf(), ...state } }
}

const merged = (...processes: RunningProcess[]) =>
  mergeProcesses({ atMs: NOW.getTime(), processes, operators: [], counts: COUNTS })

describe('the picture of all processes', () => {
  it('adds up rates, each over the time that its process has counted for', () => {
    const { http, classes, failures } = merged(
      processOf({ traffic: traffic({ http: { '2xx': 600, '5xx': 60 }, accepted: { normal: 120 } }) }),
      processOf({ traffic: traffic({ seconds: 10, http: { '2xx': 100 }, failures: { expired: 2 } }) }),
      processOf({ traffic: traffic({ failures: { expired: 1, rejected: 7 }, handedOver: { normal: 60 } }) }),
      // Of a version that did not report it yet.
      processOf({}),
    )
    assert.deepEqual([http.perSecond, http.errorsPerSecond, classes.normal.acceptedPerSecond], [21, 1, 2])
    assert.equal(classes.normal.handedOverPerSecond, 1)
    assert.deepEqual(failures, [
      { reason: 'rejected', count: 7 },
      { reason: 'expired', count: 3 },
    ])
  })

  it('adds up the buckets of latencies, and not their percentiles', () => {
    assert.deepEqual(sumCounts([[1, 2], [], [3, 4, 5]]), [4, 6, 5])
    assert.deepEqual(quantilesOf([0, 0], [1]), { p50: null, p95: null, p99: null })
    assert.deepEqual(quantilesOf([100, 0, 0], [0.1, 1]), { p50: 50, p95: 95, p99: 99 })
    assert.deepEqual(quantilesOf([50, 50, 0], [0.1, 1]), { p50: 100, p95: 910, p99: 982 })
    // What lies beyond the last bound took at least so long.
    assert.deepEqual(quantilesOf([0, 0, 9], [0.1, 1]), { p50: 1_000, p95: 1_000, p99: 1_000 })
  })

  it('shows the worst breaker of each class, and the backlog and dead letters as one relay sees them', () => {
    const backlog = (rows: number) => ({
      normal: { rows, oldestDueSeconds: rows / 10 },
      express: { rows: 0, oldestDueSeconds: 0 },
    })
    const { operators, classes, counts, processes } = merged(
      processOf({ operators: [breakerOf('north')], backlog: backlog(40), deadLetters: { normal: 2 } }),
      processOf(
        { operators: [breakerOf('north', 5_000)], backlog: backlog(50), deadLetters: { normal: 2 } },
        900,
      ),
    )
    const [{ breaker, processes: reaching, openProcesses, openForMs } = {}] = operators[0]?.classes ?? []
    assert.deepEqual([breaker, reaching, openProcesses, openForMs], ['open', 2, 1, 5_000])
    assert.deepEqual(classes.normal.backlog, {
      ...{ rows: 50, isLeast: false, laterRows: 0, oldestDueSeconds: 5 },
      ...{ trend: null, emptyInSeconds: null },
    })
    assert.deepEqual(counts.deadLetters, { normal: 2, express: 0 })
    assert.deepEqual(
      processes.map(({ silentMs }) => silentMs),
      [0, 900],
    )
    assert.equal(merged(processOf({})).counts.deadLetters, null)
    assert.equal(merged(processOf({})).classes.normal.backlog, null)
  })

  it('tells rows for a later time apart, also beside a process that counts them among the others', () => {
    const express = { rows: 0, oldestDueSeconds: 0 }
    const newer = { normal: { rows: 5, laterRows: 700, oldestDueSeconds: 0 }, express }
    const older = { normal: { rows: 4, oldestDueSeconds: 0 }, express }
    const { backlog } = merged(processOf({ backlog: newer }), processOf({ backlog: older })).classes.normal
    assert.deepEqual([backlog?.rows, backlog?.laterRows], [5, 700])
  })

  it('is kept for the charts every few seconds, for ten minutes, and tells how fast the backlog changes', () => {
    const history = openHistory()
    const at = (ms: number, rows: number) => {
      const backlog = { normal: { rows, oldestDueSeconds: 1 }, express: { rows: 0, oldestDueSeconds: 0 } }
      return { ...merged(processOf({ backlog })), at: ms }
    }
    assert.equal(history.growth('normalRows'), null)
    assert.ok(history.keep(at(0, 1_000)))
    assert.equal(history.keep(at(1_000, 900)), undefined)
    assert.ok(history.keep(at(5_000, 500)))
    assert.deepEqual([history.growth('normalRows'), history.growth('expressRows')], [-100, 0])
    for (let count = 2; count < 200; count++) history.keep(at(count * 5_000, count))
    assert.equal(history.points().length, 120)
    assert.equal(history.growth('normalRows'), 0.2)
  })
})

describe('when a backlog is empty', () => {
  const backlogOf = (rows: number, oldestDueSeconds: number) => {
    const both = { rows, oldestDueSeconds }
    const { backlog } = merged(processOf({ backlog: { normal: both, express: both } })).classes.normal
    assert.ok(backlog)
    return backlog
  }
  const say = (growth: number | null, rows = 600, oldestDueSeconds = 60) =>
    sayEmpty(withTrend(backlogOf(rows, oldestDueSeconds), growth))

  it('is said by how fast it shrinks, and not while it grows or stands still', () => {
    assert.deepEqual([say(-10), say(3), say(0), say(null)], ['60 s', 'growing', 'not shrinking', 'not known'])
  })

  it('is now while it keeps up', () => {
    assert.deepEqual([say(-10, 0), say(5, 600, 1)], ['keeps up', 'keeps up'])
  })

  it('is not known while there are more rows than are counted', () => {
    assert.equal(say(0, DEPTH_MAX), 'not known')
    assert.equal(say(0, DEPTH_MAX, 0), 'not known')
    assert.deepEqual(
      [sayRows(backlogOf(DEPTH_MAX, 1)), sayRows(backlogOf(600, 1))],
      ['more than 100,000', '600'],
    )
  })
})
