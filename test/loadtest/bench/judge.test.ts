import assert from 'node:assert/strict'
import { isGood } from '../../../loadtest/bench/describeBench.ts'
import type { Findings } from '../../../loadtest/bench/findings.ts'
import { judgeTargets } from '../../../loadtest/bench/judge.ts'
import {
  carriedOfOffered,
  isSustained,
  messagesPerSecond,
} from '../../../loadtest/bench/measure/sustained.ts'
import { ALONE_HUNDRED_NAME, listRatios, ONE_BY_ONE_NAME } from '../../../loadtest/bench/ratios.ts'
import type { BenchReport, Percentiles, RunResult, TargetVerdict } from '../../../loadtest/result.ts'

const MIB = 1024 * 1024
const machine = { cores: 2, isShort: false }

function percentiles(p50Ms: number, p99Ms = p50Ms): Percentiles {
  return { count: 100, p50Ms, p95Ms: p99Ms, p99Ms, maxMs: p99Ms }
}

function run(name: string, rate: number, changes: Partial<RunResult> = {}): RunResult {
  return {
    ...{ name, title: name, settings: { recipients: 1 }, durationMs: 1_000 },
    ...{ offeredPerSecond: rate, achievedPerSecond: rate, unsentRequests: 0, answers: { '200': rate } },
    recipients: { acceptedPerSecond: rate, donePerSecond: rate, accepted: rate },
    http: percentiles(10),
    handOver: {},
    samples: [sample(100)],
    flat: { backlog: { secondQuarter: 1, lastQuarter: 1, isFlat: true }, rssBytes: {} },
    ...changes,
  }
}

function sample(mib: number): RunResult['samples'][number] {
  return {
    ...{ elapsedMs: 1, phase: 'measured' as const, dueRequests: 1, sentRequests: 1, answeredRequests: 1 },
    ...{ acceptedRecipients: 1, cpuCores: {}, rssBytes: { api: mib * MIB, mysql: 900 * MIB } },
  }
}

function baseline(name: string, rate: number) {
  return { name, title: name, messagesPerSecond: rate, settings: {}, sweep: [] }
}

function verdicts(findings: Partial<Findings>, scenario: string): TargetVerdict['verdict'][] {
  return judgeTargets({ runs: [], baselines: [], ...findings }, machine)
    .filter((target) => target.scenario === scenario)
    .map(({ verdict }) => verdict)
}

describe('the verdicts of the benchmark', () => {
  it('say of nothing that was not measured that it is met', () => {
    const targets = judgeTargets({ runs: [], baselines: [] }, machine)
    assert.deepEqual([...new Set(targets.map(({ verdict }) => verdict))], ['not measured'])
    assert.deepEqual(
      [...new Set(targets.map(({ scenario }) => scenario))],
      'S1 S2 S3 S4 S5 S6 S7 S8'.split(' '),
    )
  })

  it('ask of S1 for 1,500 a second that hold, and 8 times the baseline', () => {
    const against = [baseline(ONE_BY_ONE_NAME, 190)]
    assert.deepEqual(verdicts({ runs: [run('S1', 1_520)], baselines: against }, 'S1'), ['met', 'met'])
    assert.deepEqual(verdicts({ runs: [run('S1', 1_499)], baselines: against }, 'S1'), ['missed', 'missed'])
    const growing = { backlog: { secondQuarter: 1, lastQuarter: 9, isFlat: false }, rssBytes: {} }
    const grown = run('S1', 1_520, { flat: growing })
    assert.deepEqual(verdicts({ runs: [grown], baselines: against }, 'S1'), ['missed', 'met'])
  })

  it('ask of S2 for 4,500 a second and 60 % of MySQL alone', () => {
    const s2 = run('S2', 45, {
      settings: { recipients: 100 },
      recipients: { acceptedPerSecond: 4_500, donePerSecond: 4_500, accepted: 4_500 },
    })
    const of = (rate: number) =>
      verdicts({ runs: [s2], baselines: [baseline(ALONE_HUNDRED_NAME, rate)] }, 'S2')
    assert.deepEqual(of(7_500), ['met', 'met'])
    assert.deepEqual(of(7_501), ['met', 'missed'])
  })

  it('take the middle of the turns of S2 and MySQL alone, where there were any', () => {
    const referenceRate = 1_000
    const of = (...rates: number[]) =>
      verdicts({ turns: rates.map((rate) => ({ rate, referenceRate })), runs: [run('S2', 1)] }, 'S2')[1]
    assert.equal(of(600, 100, 700), 'met')
    assert.equal(of(599, 900, 500), 'missed')
    assert.equal(of(600), 'met')
  })

  it('count no more than was offered, where the queue of the warm-up was drained too', () => {
    const recipients = (done: number) => ({ acceptedPerSecond: 4_600, donePerSecond: done, accepted: 1 })
    const of = (done: number) =>
      carriedOfOffered(run('S2', 45, { settings: { recipients: 100 }, recipients: recipients(done) }))
    assert.equal(of(4_700), 4_500)
    assert.equal(of(4_400), 4_400)
  })

  it('ask of S3 for 90 % of S1', () => {
    assert.deepEqual(verdicts({ runs: [run('S1', 1_000), run('S3', 900)] }, 'S3'), ['met'])
    assert.deepEqual(verdicts({ runs: [run('S1', 1_000), run('S3', 899)] }, 'S3'), ['missed'])
  })

  it('take the operator’s own 20 ms off the 99th percentile of express', () => {
    const s4 = (p99Ms: number, backlogRecipients = 20) =>
      run('S4', 100, {
        settings: { waiting: 1_000 },
        samples: [{ ...sample(100), backlogRecipients }],
        handOver: { express: percentiles(5, p99Ms) },
      })
    assert.deepEqual(verdicts({ runs: [s4(269)] }, 'S4'), ['met'])
    assert.deepEqual(verdicts({ runs: [s4(270)] }, 'S4'), ['missed'])
    assert.deepEqual(verdicts({ runs: [s4(269, 19)] }, 'S4'), ['not measured'])
  })

  it('compare a claim from many rows with one from few', () => {
    const claims = (p50Ms: number) => ({
      ...{
        few: { rows: 1_000, times: percentiles(2) },
        many: { rows: 1_000_000, times: percentiles(p50Ms) },
      },
      rowsPerClaim: 100,
    })
    assert.deepEqual(verdicts({ claims: claims(2.6) }, 'S5'), ['met'])
    assert.deepEqual(verdicts({ claims: claims(2.61) }, 'S5'), ['missed'])
  })

  it('compare the idle system with the batch-size-1 build, and ask for quiet', () => {
    const figures = (p50Ms: number) => ({ http: percentiles(p50Ms), handOverP50Ms: 10 * p50Ms })
    const idle = (p50Ms: number, quietCores: number) => ({
      ...{ engine: figures(p50Ms), oneByOne: figures(10), quietCores },
    })
    assert.deepEqual(verdicts({ idle: idle(12, 0.019) }, 'S6'), ['met', 'met', 'met'])
    assert.deepEqual(verdicts({ idle: idle(12.1, 0.02) }, 'S6'), ['missed', 'missed', 'missed'])
  })

  it('look at the memory of the engine’s processes alone', () => {
    const growing = { rssBytes: { api: { secondQuarter: 1, lastQuarter: 2, isFlat: false } } }
    assert.deepEqual(verdicts({ runs: [run('S1', 1, { samples: [sample(299)] })] }, 'S7'), ['met', 'met'])
    assert.deepEqual(verdicts({ runs: [run('S4', 1, { samples: [sample(300)], flat: growing })] }, 'S7'), [
      'missed',
      'missed',
    ])
    const servers = { rssBytes: { mysql: { secondQuarter: 1, lastQuarter: 2, isFlat: false } } }
    assert.deepEqual(verdicts({ runs: [run('S2', 1, { flat: servers })] }, 'S7'), ['met', 'met'])
  })

  it('compare each look of the large customer with the small one’s', () => {
    const histories = [2.9, 3.1].map((p99Ms) => ({
      ...{
        look: 'page',
        messages: 10,
        ofLargeCustomer: 1,
        large: percentiles(1, p99Ms),
        small: percentiles(1),
      },
    }))
    assert.deepEqual(verdicts({ histories }, 'S8'), ['met', 'missed'])
  })

  it('ask for 5,000 receipts a second that are stored, with tables that the audit finds right', () => {
    const of = (storedPerSecond: number, isClean = true) =>
      verdicts({ receipts: { receipts: 1, storedPerSecond, appliedPerSecond: 1, isClean } }, 'receipts')
    assert.deepEqual([of(5_000), of(4_999), of(9_000, false)], [['met'], ['missed'], ['missed']])
  })

  it('ask of messages with receipts and webhooks for 60 % of S1, by the median of the turns', () => {
    const of = (...rates: number[]) => {
      const turns = rates.map((rate) => ({ rate, referenceRate: 1_000 }))
      const followed = { scenario: 'S1', against: 'without', turns, ours: [], theirs: [] }
      return verdicts({ followed }, 'followed')
    }
    assert.deepEqual([of(600), of(599), of(100, 650, 900)], [['met'], ['missed'], ['met']])
  })

  it('ask of S1 with 1 % of traces recorded for 97 %, and show what else watches it', () => {
    const of = (scenario: string, rate: number) => ({
      ...{ scenario, against: 'unwatched', ours: [], theirs: [] },
      turns: [{ rate, referenceRate: 1_000 }],
    })
    const watched = (rate: number) => [
      of('1 % of traces recorded', rate),
      of('100 % of traces recorded', 500),
    ]
    assert.deepEqual(verdicts({ watched: watched(970) }, 'tracing'), ['met'])
    assert.deepEqual(verdicts({ watched: watched(969) }, 'tracing'), ['missed'])
    assert.equal(listRatios({ runs: [], baselines: [], watched: watched(970) }, false).length, 2)
  })

  it('rest on ratios of which only those that were measured are listed', () => {
    const findings = {
      runs: [run('S1', 1_600), run('S1 single', 800)],
      baselines: [baseline(ONE_BY_ONE_NAME, 100)],
    }
    assert.deepEqual(
      listRatios(findings, false).map(({ ratio }) => ratio),
      [16, 0.5],
    )
  })
})

describe('whether a rate holds', () => {
  it('is decided by what was accepted, refused, left unsent, waited for and left lying', () => {
    assert.equal(isSustained(run('S1', 1_000)), true)
    const changes: Partial<RunResult>[] = [
      { recipients: { acceptedPerSecond: 960, donePerSecond: 960, accepted: 960 } },
      { answers: { '200': 999, '503': 1 } },
      { unsentRequests: 1 },
      { http: percentiles(10, 1_001) },
      { flat: { backlog: { secondQuarter: 1, lastQuarter: 2, isFlat: false }, rssBytes: {} } },
    ]
    for (const change of changes) assert.equal(isSustained(run('S1', 1_000, change)), false)
  })

  it('counts what came in and came to its end, whichever is less', () => {
    const recipients = { acceptedPerSecond: 500, donePerSecond: 400, accepted: 1 }
    assert.equal(messagesPerSecond(run('S1', 500, { recipients })), 400)
  })
})

describe('the outcome of the benchmark', () => {
  const report = (isClean: boolean, verdict: TargetVerdict['verdict']) =>
    ({
      runs: [run('S1', 1, { audit: { isClean, lines: [] } })],
      targets: [{ scenario: 'S1', target: 'all', measured: '1', verdict }],
    }) as unknown as BenchReport

  it('is bad when an audit found something, and when strict also for a missed target', () => {
    assert.equal(isGood(report(true, 'missed'), false), true)
    assert.equal(isGood(report(true, 'missed'), true), false)
    assert.equal(isGood(report(true, 'not measured'), true), true)
    assert.equal(isGood(report(false, 'met'), false), false)
  })
})
