import type { BenchReport, RunResult, Sample } from '../../../loadtest/result.ts'

const MIB = 1024 * 1024

export function runOf(named: Partial<RunResult> = {}): RunResult {
  return {
    name: 'S1',
    title: 'single recipient',
    settings: { rate: 1_500, recipients: 1 },
    durationMs: 4_000,
    offeredPerSecond: 1_500,
    achievedPerSecond: 1_499,
    unsentRequests: 0,
    answers: { '200': 5_998, 'no answer (closed)': 2 },
    recipients: {
      acceptedPerSecond: 1_499,
      donePerSecond: 1_490,
      accepted: 5_998,
      done: 5_990,
      failed: 8,
      unfinished: 0,
    },
    http: { count: 6_000, p50Ms: 12.3, p95Ms: 40, p99Ms: 88, maxMs: 203 },
    handOver: { express: { count: 1_200, p50Ms: 41, p95Ms: 80, p99Ms: 120, maxMs: 300 } },
    samples: [-1_000, 0, 1_000, 2_000, 3_000, 4_000, 5_000].map(sampleAt),
    cpu: { engine: { microsPerMessage: 600, cores: 0.9 }, mysql: { microsPerMessage: 800, cores: 1.2 } },
    flat: { backlog: { secondQuarter: 100, lastQuarter: 101, isFlat: true }, rssBytes: {} },
    audit: { isClean: true, lines: ['audit: clean'] },
    ...named,
  }
}

function sampleAt(elapsedMs: number): Sample {
  return {
    elapsedMs,
    phase: elapsedMs <= 0 ? 'warm-up' : elapsedMs <= 4_000 ? 'measured' : 'drain',
    dueRequests: 1_500,
    sentRequests: 1_500,
    answeredRequests: 1_500,
    acceptedRecipients: 1_500,
    doneRecipients: 1_490,
    backlogRecipients: 120,
    ...(elapsedMs <= 4_000 && { httpP50Ms: 12, httpP99Ms: 80 }),
    rssBytes: { engine: 120 * MIB, mysql: 500 * MIB },
    cpuCores: { engine: 0.9, mysql: 1.1 },
  }
}

export function reportOf(named: Partial<BenchReport> = {}): BenchReport {
  return {
    version: 1,
    title: 'Chapar benchmark',
    command: 'make bench',
    startedAt: '2026-01-02T03:04:05.678Z',
    durationMs: 60_000,
    isShort: false,
    subject: '0.1.0',
    machine: {
      ...{
        cpuModel: 'a processor',
        cores: 2,
        memoryBytes: 24 * 1024 * MIB,
        kernel: '6.1',
        dataFileSystem: 'ext4',
      },
      ...{ versions: { node: 'v24' }, loadAverageBefore: 0.1 },
    },
    durability: [{ name: 'sync_binlog', value: '1' }],
    runs: [runOf()],
    baselines: [],
    ratios: [{ title: 'S1 to one by one', ratio: 9, wantedAtLeast: 8 }],
    targets: [
      { scenario: 'S1', target: 'at least 1,500', measured: '1,490', verdict: 'missed', limit: 'the disk' },
    ],
    tables: [{ title: 'Claims', columns: ['rows', 'p99'], rows: [['1,000', 1.25]] }],
    ...named,
  }
}
