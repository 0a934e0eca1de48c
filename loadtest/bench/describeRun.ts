import { totalMicros } from '../report/cost.ts'
import { CPU_BUDGET_MICROS, PARTS } from '../result.ts'
import type { ByPart, CpuCost, Percentiles, RunResult } from '../result.ts'

const MIB = 1024 * 1024

/** The lines printed after a run; the report has more. */
export function describeRun(run: RunResult): string[] {
  const { recipients, http, handOver, flat, audit } = run
  const perSecond = (rate: number | undefined) => (rate === undefined ? '?' : rate.toFixed(0))
  return [
    `rates     offered ${perSecond(run.offeredPerSecond)} requests/s, answered ${perSecond(run.achievedPerSecond)}; ` +
      `messages/s: accepted ${perSecond(recipients.acceptedPerSecond)}, handed over ` +
      `${perSecond(recipients.handedOverPerSecond)}, done ${perSecond(recipients.donePerSecond)}`,
    `answers   ${describeAnswers(run)}`,
    `http      ${describePercentiles(http)}`,
    ...(handOver.express
      ? [`express   ${describePercentiles(handOver.express)} from acceptance to hand-over`]
      : []),
    ...(handOver.normal
      ? [`normal    ${describePercentiles(handOver.normal)} from acceptance to hand-over`]
      : []),
    ...(run.cpu ? [`cpu       ${describeCosts(run.cpu)}`] : []),
    ...(flat?.backlog
      ? [
          `backlog   ${flat.backlog.isFlat ? 'flat' : 'NOT FLAT'}: ${flat.backlog.secondQuarter.toFixed(0)} in the ` +
            `second quarter, ${flat.backlog.lastQuarter.toFixed(0)} in the last`,
        ]
      : []),
    `memory    ${describeMemory(run)}`,
    ...(audit ? [`audit     ${audit.isClean ? 'clean' : 'NOT CLEAN'}`] : []),
    ...(run.notes ?? []).map((note) => `note      ${note}`),
  ]
}

export function totalCores(cpu: ByPart<CpuCost>): number {
  return PARTS.reduce((sum, part) => sum + (cpu[part]?.cores ?? 0), 0)
}

function describeCosts(cpu: ByPart<CpuCost>): string {
  const parts = PARTS.flatMap((part) => {
    const cost = cpu[part]
    return cost ? [`${part} ${cost.microsPerMessage.toFixed(0)}`] : []
  })
  return `${totalMicros(cpu)?.toFixed(0)} µs a message of ${CPU_BUDGET_MICROS} (${parts.join(', ')}); ${totalCores(cpu).toFixed(2)} cores busy`
}

function describeAnswers({ answers, unsentRequests }: RunResult): string {
  const texts = Object.entries(answers).map(([answer, count]) => `${answer}: ${count}`)
  return [...texts, ...(unsentRequests > 0 ? [`never sent: ${unsentRequests}`] : [])].join(', ')
}

function describeMemory({ samples, flat }: RunResult): string {
  const texts = PARTS.flatMap((part) => {
    const peak = Math.max(...samples.map(({ rssBytes }) => rssBytes[part] ?? 0))
    if (!(peak > 0)) return []
    const grows = flat?.rssBytes[part]?.isFlat === false ? ' and growing' : ''
    return [`${part} ${(peak / MIB).toFixed(0)}${grows}`]
  })
  return `MiB at most: ${texts.join(', ')}`
}

function describePercentiles({ count, p50Ms, p95Ms, p99Ms, maxMs }: Percentiles): string {
  const ms = (value: number) => value.toFixed(value < 10 ? 1 : 0)
  return `p50 ${ms(p50Ms)} ms, p95 ${ms(p95Ms)}, p99 ${ms(p99Ms)}, max ${ms(maxMs)} (of ${count})`
}
