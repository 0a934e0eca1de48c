import { CHECKOUT } from '../../../dev/stack/folders.ts'
import { auditSide, otherSide, thisSide, withSide } from '../against/side.ts'
import type { Side } from '../against/side.ts'
import type { Bench } from '../bench.ts'
import { runNamed } from '../findings.ts'
import type { Comparison } from '../findings.ts'
import { compareInTurn } from '../measure/compareInTurn.ts'
import { messagesPerSecond } from '../measure/sustained.ts'
import { openPages } from '../stage/openPages.ts'
import type { OpenPages } from '../stage/openPages.ts'
import { startSpanSink } from '../stage/spanSink.ts'
import { ONE_RECIPIENT } from './oneRecipient.ts'

const RATE_START = 2_000
const ADMIN_KEY = 'the-admin-key-of-the-benchmark-alone'
const BROWSERS = 5

/** One way of watching the engine. */
interface Watch {
  name: string
  envOf: (sinkUrl: string) => Record<string, string>
  /** Opened for the looks at it. */
  open?: (apiUrl: string) => Promise<OpenPages>
}

export const ONE_PERCENT = '1 % of traces recorded'
export const WATCHES: readonly Watch[] = [
  { name: ONE_PERCENT, envOf: (url) => tracedAt(url, '0.01') },
  { name: '100 % of traces recorded', envOf: (url) => tracedAt(url, '1') },
  {
    name: `the operations page open in ${BROWSERS} browsers`,
    envOf: () => ({ ADMIN_API_KEY: ADMIN_KEY }),
    open: (apiUrl) => openPages(apiUrl, ADMIN_KEY, BROWSERS),
  },
]

function tracedAt(sinkUrl: string, ratio: string): Record<string, string> {
  return {
    OTEL_EXPORTER_OTLP_ENDPOINT: sinkUrl,
    OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
    OTEL_TRACES_SAMPLER_ARG: ratio,
  }
}

/**
 * S1 while it is watched, in turn with S1 unwatched, on the same servers. Spans go to a sink that drops them, as to a
 * collector on another machine.
 */
export async function tracing(bench: Bench): Promise<void> {
  const { stage, stopList, findings, say } = bench
  const sink = await startSpanSink()
  stopList.add(() => sink.close())
  const watched = await otherSide(stage, { name: 'watched', folder: CHECKOUT }, stopList)
  findings.watched = []
  for (const watch of WATCHES)
    findings.watched.push(await compareWatched(bench, [watched, thisSide(stage)], watch, sink.url))
  await sink.close()
  say(`${sink.received()} bytes of spans were sent`)
}

async function compareWatched(
  bench: Bench,
  [watched, alone]: readonly [Side, Side],
  { name, envOf, open }: Watch,
  sinkUrl: string,
): Promise<Comparison> {
  const { stopList, options, findings, form, say } = bench
  const s1 = runNamed(findings, 'S1')
  const load = ONE_RECIPIENT
  const [customers, env] = [load.customerLast, options.env]
  const title = `S1 with ${name}`
  const known = s1 && messagesPerSecond(s1)
  const ofWatched = { stopList, customers, env: { ...env, ...envOf(sinkUrl) } }
  const compared = await withSide(watched, ofWatched, (crew) =>
    withSide(alone, { stopList, customers, env }, async (without) => {
      const pages = await open?.(crew.apiUrl)
      const turns = await compareInTurn(
        bench,
        { name: title, title, start: RATE_START, known, ...form.tracing },
        [
          { name: 'watched', crew, load },
          { name: 'unwatched', crew: without, load },
        ],
      )
      if (pages) say(`${pages.pictures()} pictures came to the pages`)
      pages?.close()
      return turns
    }),
  )
  const audits = await Promise.all([watched, alone].map(auditSide))
  say(audits.every(({ isClean }) => isClean) ? 'audits: clean' : 'audits: NOT CLEAN')
  const [audit] = audits
  findings.runs.push(...compared.subject.slice(-1).map((run) => ({ ...run, title, ...(audit && { audit }) })))
  const { turns, subject: ours, reference: theirs } = compared
  return { scenario: name, against: 'unwatched', turns, ours, theirs }
}
