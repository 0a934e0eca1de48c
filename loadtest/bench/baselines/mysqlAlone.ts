import type { Baseline } from '../../result.ts'
import type { Bench } from '../bench.ts'
import { ALONE_HUNDRED_NAME, ALONE_ONE_NAME } from '../ratios.ts'
import { withAlone } from './withAlone.ts'
import type { Point } from './withAlone.ts'
import { chooseBest } from './chooseBest.ts'
import { takeTurns } from './takeTurns.ts'

const byRate = (one: Point, other: Point) => other.messagesPerSecond - one.messagesPerSecond

/** Baseline: the rate of the database alone with the engine's statements, at its best batch size. */
export async function mysqlAlone(bench: Bench): Promise<void> {
  const ofHundred = await measureAlone(bench, ALONE_HUNDRED_NAME, 100)
  if (ofHundred) await takeTurns(bench, ofHundred.settings)
  await measureAlone(bench, ALONE_ONE_NAME, 1)
}

async function measureAlone(
  bench: Bench,
  name: string,
  recipientsPerRequest: number,
): Promise<Point | undefined> {
  const { form, findings } = bench
  const { workers, batchSizes, finalists, durationMs, bestDurationMs } = form.alone
  const pairs = workers.flatMap((each) => batchSizes.map((batch) => ({ batch, workers: each })))
  const sweep: Point[] = []
  const finals: Point[] = []
  await withAlone(bench, { name, recipientsPerRequest }, async (measure) => {
    for (const pair of pairs) sweep.push(await measure(pair, durationMs))
    // The best of many short looks is partly luck, and pages and logs are written later. So the best few are measured
    // again for longer.
    for (const { settings } of sweep.toSorted(byRate).slice(0, finalists))
      finals.push(await measure(settings, bestDurationMs))
  })
  const best = chooseBest(finals)
  if (!best) return undefined
  findings.baselines.push(toBaseline(name, recipientsPerRequest, best, sweep))
  if (best.statements.length > 0)
    findings.statements = [...(findings.statements ?? []), { title: name, costs: best.statements }]
  return best
}

function toBaseline(name: string, recipients: number, best: Point, sweep: Point[]): Baseline {
  return {
    name,
    title: `MySQL alone: the engine's own statements without HTTP, broker and operators, ${recipients} ${recipients === 1 ? 'recipient' : 'recipients'} a request`,
    messagesPerSecond: best.messagesPerSecond,
    settings: best.settings,
    sweep: sweep.map(({ settings, messagesPerSecond }) => ({ settings, messagesPerSecond })),
    notes: [best.note],
  }
}
