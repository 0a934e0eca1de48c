import type { RunResult } from '../../result.ts'
import type { Bench } from '../bench.ts'
import { alternate } from '../measure/alternate.ts'
import type { Turn } from '../measure/alternate.ts'
import { searchRate } from '../measure/measureBest.ts'
import { runLoad } from '../measure/runLoad.ts'
import type { Load } from '../measure/runLoad.ts'
import { carriedOfOffered } from '../measure/sustained.ts'
import type { Crew } from '../stage/crew.ts'
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

/** One scenario on both commits. `ours` and `theirs` are the looks in chronological order. */
export interface Comparison {
  scenario: string
  against: string
  turns: Turn[]
  ours: RunResult[]
  theirs: RunResult[]
}

/**
 * Both get the same load, slightly above the highest rate of either, so that the load is not the limit. A much higher
 * load would compare the speed of refusals.
 */
const OFFERED_BEYOND = 1.1
/** A side that carried this share of the offered rate may carry more. */
const CARRIED_WHOLE = 0.98

/** Measures both commits in turn. Both engines run all the time, and one of them is idle. */
export async function compareScenario(
  bench: Bench,
  scenario: ComparedScenario,
  [ours, theirs]: readonly [Side, Side],
): Promise<Comparison> {
  const { stopList, options, say } = bench
  const sideOptions = { stopList, env: options.env, customers: scenario.load.customerLast }
  say('starting both commits on empty tables')
  const comparison = await withSide(ours, sideOptions, (ourCrew) =>
    withSide(theirs, sideOptions, async (theirCrew) => ({
      ...{ scenario: scenario.name, against: theirs.name },
      ...(await takeTurns(bench, scenario, { crew: ourCrew, ...ours }, { crew: theirCrew, ...theirs })),
    })),
  )
  return {
    ...comparison,
    ours: await audited(bench, ours, comparison.ours),
    theirs: await audited(bench, theirs, comparison.theirs),
  }
}

type Running = Side & { crew: Crew }

async function takeTurns(
  bench: Bench,
  scenario: ComparedScenario,
  ours: Running,
  theirs: Running,
): Promise<Pick<Comparison, 'turns' | 'ours' | 'theirs'>> {
  const { form, say, options } = bench
  let offered = options.rate ?? (await searchBoth(bench, scenario, [ours, theirs])) * OFFERED_BEYOND
  const runs: Record<'ours' | 'theirs', RunResult[]> = { ours: [], theirs: [] }
  const look = async ({ name, crew }: Running, seen: RunResult[]) => {
    const ratePerSecond = Math.round(offered)
    const run = await runLoad(crew, {
      ...{ name: `${scenario.name} ${name}`, title: scenario.title, settings: options.env },
      load: { ...scenario.load, ...form.against.time, ratePerSecond },
    })
    const carried = carriedOfOffered(run)
    say(`${name}: ${carried.toFixed(0)} messages/s of ${ratePerSecond * scenario.load.recipientsPerRequest}`)
    seen.push(run)
    return carried
  }
  const turns = await alternate(
    form.against.turns,
    () => look(theirs, runs.theirs),
    () => look(ours, runs.ours),
    (turn, number) => {
      say(describeTurn(turn, number, theirs.name))
      if (options.rate === undefined) offered = nextOffered(offered, turn, scenario.load.recipientsPerRequest)
    },
  )
  return { turns, ...runs }
}

/** @returns the highest rate that either was found to carry, in requests a second. */
async function searchBoth(
  bench: Bench,
  { name, title, load, start }: ComparedScenario,
  sides: readonly Running[],
): Promise<number> {
  let best = 0
  for (const { name: side, crew } of sides) {
    bench.say(`looking for what ${side} carries`)
    const search = { name: `${name} ${side}`, title, load, start: best || start }
    const { rate } = await searchRate(bench, crew, search, bench.form.against.probesMax)
    best = Math.max(best, rate)
  }
  return best
}

/** The next offered rate in requests a second: higher if a side carried all of the last. */
export function nextOffered(
  offered: number,
  { rate, referenceRate }: Turn,
  recipientsPerRequest: number,
): number {
  const carried = Math.max(rate, referenceRate) / recipientsPerRequest
  return carried >= offered * CARRIED_WHOLE ? offered * OFFERED_BEYOND : offered
}

function describeTurn({ rate, referenceRate }: Turn, number: number, against: string): string {
  const ratio = (rate / referenceRate).toFixed(2)
  return `turn ${number}: this ${rate.toFixed(0)} messages/s, ${against} ${referenceRate.toFixed(0)} before and after, ratio ${ratio}`
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
