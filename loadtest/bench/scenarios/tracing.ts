import { CHECKOUT } from '../../../dev/stack/folders.ts'
import { auditSide, otherSide, thisSide, withSide } from '../against/side.ts'
import type { Side } from '../against/side.ts'
import type { Bench } from '../bench.ts'
import { runNamed } from '../findings.ts'
import type { Comparison } from '../findings.ts'
import { compareInTurn } from '../measure/compareInTurn.ts'
import { messagesPerSecond } from '../measure/sustained.ts'
import { startSpanSink } from '../stage/spanSink.ts'
import { ONE_RECIPIENT } from './oneRecipient.ts'

const RATE_START = 2_000
export const OFF = 'off'
/** The share of requests whose traces are recorded. */
export const SAMPLED = [
  { name: '1 %', ratio: '0.01' },
  { name: '100 %', ratio: '1' },
] as const

/**
 * S1 with tracing, in turn with S1 without, on the same servers. Spans go to a sink that drops them, as to a collector on
 * another machine.
 */
export async function tracing(bench: Bench): Promise<void> {
  const { stage, stopList, findings } = bench
  const sink = await startSpanSink()
  stopList.add(() => sink.close())
  const traced = await otherSide(stage, { name: 'traced', folder: CHECKOUT }, stopList)
  findings.tracing = []
  for (const { name, ratio } of SAMPLED) {
    const settings = {
      OTEL_EXPORTER_OTLP_ENDPOINT: sink.url,
      OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
      OTEL_TRACES_SAMPLER_ARG: ratio,
    }
    findings.tracing.push(await compareTraced(bench, [traced, thisSide(stage)], { name, settings }))
  }
  await sink.close()
  bench.say(`${sink.received()} bytes of spans were sent`)
}

async function compareTraced(
  bench: Bench,
  [traced, off]: readonly [Side, Side],
  { name, settings }: { name: string; settings: Record<string, string> },
): Promise<Comparison> {
  const { stopList, options, findings, form, say } = bench
  const s1 = runNamed(findings, 'S1')
  const load = ONE_RECIPIENT
  const [customers, env] = [load.customerLast, options.env]
  const title = `S1 with ${name} of traces recorded`
  const known = s1 && messagesPerSecond(s1)
  const compared = await withSide(traced, { stopList, customers, env: { ...env, ...settings } }, (with_) =>
    withSide(off, { stopList, customers, env }, (without) =>
      compareInTurn(bench, { name: `S1 traced ${name}`, title, start: RATE_START, known, ...form.tracing }, [
        { name: `traced ${name}`, crew: with_, load },
        { name: OFF, crew: without, load },
      ]),
    ),
  )
  const audits = await Promise.all([traced, off].map(auditSide))
  say(audits.every(({ isClean }) => isClean) ? 'audits: clean' : 'audits: NOT CLEAN')
  const [audit] = audits
  findings.runs.push(...compared.subject.slice(-1).map((run) => ({ ...run, title, ...(audit && { audit }) })))
  const { turns, subject: ours, reference: theirs } = compared
  return { scenario: name, against: OFF, turns, ours, theirs }
}
