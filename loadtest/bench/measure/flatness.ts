import type { ByPart, FlatFigure, Flatness, Part, Sample } from '../../result.ts'

/** The tolerated growth from the second quarter to the last. Faster growth is unbounded. */
const GROWTH_MAX = 1.1
/**
 * A backlog that is processed within this time is work in flight. At 1,500 a second with 20 ms operators, some 150
 * recipients are always unfinished, and batches make the figure jump.
 */
const ON_ITS_WAY_SECONDS = 0.2
const BACKLOG_RECIPIENTS_MIN = 200
/** A heap varies by some megabytes between two garbage collections. */
const MEMORY_BREATH_BYTES = 8 * 1024 * 1024

export function judgeFlatness(samples: readonly Sample[], acceptedPerSecond: number): Flatness {
  const measured = samples.filter(({ phase }) => phase === 'measured')
  const parts = [...new Set(measured.flatMap(({ rssBytes }) => Object.keys(rssBytes) as Part[]))]
  const rssBytes: ByPart<FlatFigure> = {}
  for (const part of parts) rssBytes[part] = judgeMemory(measured.map((sample) => sample.rssBytes[part] ?? 0))
  const backlogs = measured.flatMap(({ backlogRecipients }) => backlogRecipients ?? [])
  return backlogs.length === 0
    ? { rssBytes }
    : { backlog: judgeBacklog(backlogs, acceptedPerSecond), rssBytes }
}

export function judgeBacklog(recipients: readonly number[], acceptedPerSecond: number): FlatFigure {
  const onItsWay = Math.max(BACKLOG_RECIPIENTS_MIN, acceptedPerSecond * ON_ITS_WAY_SECONDS)
  return judge(recipients, (second) => Math.max(onItsWay, second * GROWTH_MAX))
}

export function judgeMemory(bytes: readonly number[]): FlatFigure {
  return judge(bytes, (second) => Math.max(second + MEMORY_BREATH_BYTES, second * GROWTH_MAX))
}

function judge(values: readonly number[], limit: (secondQuarter: number) => number): FlatFigure {
  const quarter = values.length / 4
  const secondQuarter = mean(values.slice(Math.floor(quarter), Math.max(1, Math.floor(2 * quarter))))
  const lastQuarter = mean(values.slice(Math.floor(3 * quarter)))
  return { secondQuarter, lastQuarter, isFlat: lastQuarter <= limit(secondQuarter) }
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length
}
