import type { RunResult } from '../../result.ts'
import type { Bench } from '../bench.ts'
import type { Comparison } from '../findings.ts'
import { compareInTurn } from '../measure/compareInTurn.ts'
import type { Load } from '../measure/runLoad.ts'
import { carriedOfOffered } from '../measure/sustained.ts'
import { auditSide, withSide } from './side.ts'
import type { Side } from './side.ts'

export interface ComparedScenario {
  /** `S1` or `S2`. */
  name: string
  title: string
  load: Omit<Load, 'ratePerSecond' | 'warmUpMs' | 'durationMs'>
  /** The first rate of the search, in requests a second. */
  start: number
}

/** Measures both commits in turn. Both engines run all the time, and one of them is idle. */
export async function compareScenario(
  bench: Bench,
  scenario: ComparedScenario,
  [ours, theirs]: readonly [Side, Side],
): Promise<Comparison> {
  const { stopList, options, say } = bench
  const sideOptions = { stopList, env: options.env, customers: scenario.load.customerLast }
  say('starting both commits on empty tables')
  const { name, title, start, load } = scenario
  const { turns, time } = bench.form.against
  const compared = await withSide(ours, sideOptions, (ourCrew) =>
    withSide(theirs, sideOptions, (theirCrew) =>
      compareInTurn(bench, { name, title, start, turns, time }, [
        { name: ours.name, crew: ourCrew, load },
        { name: theirs.name, crew: theirCrew, load },
      ]),
    ),
  )
  return {
    ...{ scenario: name, against: theirs.name, turns: compared.turns },
    ours: await audited(bench, ours, compared.subject),
    theirs: await audited(bench, theirs, compared.reference),
  }
}

/** The side's audit is told with its last look. */
async function audited({ say }: Bench, side: Side, runs: RunResult[]): Promise<RunResult[]> {
  const audit = await auditSide(side)
  say(`audit of ${side.name}: ${audit.isClean ? 'clean' : 'NOT CLEAN'}`)
  return runs.map((run, index) => (index === runs.length - 1 ? { ...run, audit } : run))
}

/** The look with the median rate, which represents its side in the report. */
export function medianRun(runs: readonly RunResult[]): RunResult | undefined {
  return runs.toSorted((a, b) => carriedOfOffered(a) - carriedOfOffered(b))[Math.floor(runs.length / 2)]
}
