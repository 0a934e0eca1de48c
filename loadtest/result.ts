/**
 * What a run showed, as plain data: `make loadtest` and `make bench` fill it, the terminal, the JSON file and the page
 * read it. Rates are per second of the measured time; the warm-up is in no figure, only in the samples.
 */
export interface BenchReport {
  /** The version of this format, for readers of old files. */
  version: 1
  title: string
  /** As it was typed. */
  command: string
  /** ISO 8601, UTC. */
  startedAt: string
  durationMs: number
  /** The short form of a benchmark: figures of less weight. */
  isShort: boolean
  /** What was measured, for example `0.1.0, commit 7a195ae`. */
  subject: string
  machine: MachineFacts
  /** The benchmark's target for a process of the engine; absent where nothing is judged by it. */
  memoryLimitBytes?: number
  /** What makes a commit durable here; the settings as the servers themselves report them. */
  durability: Fact[]
  runs: RunResult[]
  baselines: Baseline[]
  ratios: Ratio[]
  targets: TargetVerdict[]
  /** What is no run over time: the time of a claim, of a page of history, or a sweep. */
  tables: ReportTable[]
}

export interface MachineFacts {
  cpuModel: string
  cores: number
  memoryBytes: number
  kernel: string
  /** The file system that the database's data lies on, such as `ext4`; undefined when it is not known. */
  dataFileSystem?: string | undefined
  /** Versions of what took part, such as `{ node: 'v24.21.0', mysql: '9.7.4' }`. */
  versions: Record<string, string>
  /** Of the last minute, before the start: another program's work makes every figure worse. */
  loadAverageBefore: number
}

export interface Fact {
  name: string
  value: string
  /** What it means for the figures. */
  note?: string
}

/** The parts of the whole, in the order in which they are drawn. `engine` is all roles in one process. */
export const PARTS = [
  'api',
  'relay',
  'consumer',
  'engine',
  'mysql',
  'rabbitmq',
  'simulators',
  'generator',
  'bench',
] as const
export type Part = (typeof PARTS)[number]
export type ByPart<T> = Partial<Record<Part, T>>

/** CPU time available to each message on two cores at 1,500 messages a second, in microseconds. */
export const CPU_BUDGET_MICROS = 1_333

/** Nearest rank. All are 0 when there is nothing to read, which `count` tells. */
export interface Percentiles {
  count: number
  p50Ms: number
  p95Ms: number
  p99Ms: number
  maxMs: number
}

export interface RunResult {
  /** Short, such as `S1`, unique in a report. */
  name: string
  title: string
  /** Whatever was chosen for this run: the load's and the engine's. */
  settings: Record<string, string | number>
  /** When the measured time began; absent where only durations are known. */
  startedAtEpochMs?: number
  /** Of the measured time: no warm-up, no drain. */
  durationMs: number
  /** Requests that the timetable had, and answers that came, a second. */
  offeredPerSecond: number
  achievedPerSecond: number
  /** Requests that were due and could not even be sent before the run was over. */
  unsentRequests: number
  /** Number of requests by status, or by what came instead of one (`no answer (ECONNRESET)`). */
  answers: Record<string, number>
  recipients: RecipientCounts
  /** From the time a request was due to the end of its answer. */
  http: Percentiles
  /** From acceptance to the end by an operator's verdict, on the database's clock. */
  handOver: { normal?: Percentiles; express?: Percentiles }
  samples: Sample[]
  cpu?: ByPart<CpuCost>
  flat?: Flatness
  audit?: { isClean: boolean; lines: string[] }
  /** What a reader has to know to read the figures rightly. */
  notes?: string[]
}

/** Recipients are what is paid for and handed over: messages. Undefined where it could not be observed. */
export interface RecipientCounts {
  acceptedPerSecond: number
  handedOverPerSecond?: number
  donePerSecond?: number
  accepted: number
  done?: number
  failed?: number
  /** Unfinished when the waiting was over. */
  unfinished?: number
}

export interface CpuCost {
  /** CPU time a message, user and system, of all processes of the part. */
  microsPerMessage: number
  /** Cores kept busy, on average over the measured time. */
  cores: number
}

export type Phase = 'warm-up' | 'measured' | 'drain'

/** One second. Rates are counts of that second, the others were read at its end. */
export interface Sample {
  /** The end of the second, from the start of the measured time: negative in the warm-up. */
  elapsedMs: number
  phase: Phase
  dueRequests: number
  sentRequests: number
  answeredRequests: number
  acceptedRecipients: number
  doneRecipients?: number
  /** Accepted and unfinished. */
  backlogRecipients?: number
  /** Absent when nothing was answered in this second. */
  httpP50Ms?: number
  httpP99Ms?: number
  rssBytes: ByPart<number>
  cpuCores: ByPart<number>
}

/** Whether it could go on for ever: means of the second quarter of the measured time and of the last. */
export interface Flatness {
  backlog?: FlatFigure
  rssBytes: ByPart<FlatFigure>
}

export interface FlatFigure {
  secondQuarter: number
  lastQuarter: number
  isFlat: boolean
}

/** Something to compare with, measured in the same report. */
export interface Baseline {
  /** Short, such as `one by one`. */
  name: string
  title: string
  messagesPerSecond: number
  /** The settings at which it was best. */
  settings: Record<string, string | number>
  /** All that were tried. */
  sweep: { settings: Record<string, string | number>; messagesPerSecond: number }[]
  notes?: string[]
}

export interface Ratio {
  title: string
  ratio: number
  /** The required minimum. */
  wantedAtLeast?: number
  wantedAtMost?: number
}

export interface TargetVerdict {
  /** Such as `S1`; several verdicts may share it. */
  scenario: string
  target: string
  measured: string
  verdict: 'met' | 'missed' | 'not measured'
  /** Where it is missed: what stands in the way. */
  limit?: string
}

export interface ReportTable {
  title: string
  columns: string[]
  rows: (string | number)[][]
  notes?: string[]
}
