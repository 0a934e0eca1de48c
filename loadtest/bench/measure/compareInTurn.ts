import type { RunResult } from '../../result.ts'
import type { Bench } from '../bench.ts'
import type { Form } from '../form.ts'
import type { Crew } from '../stage/crew.ts'
import { alternate } from './alternate.ts'
import type { Turn } from './alternate.ts'
import { searchRate } from './measureBest.ts'
import { runLoad } from './runLoad.ts'
import type { Load } from './runLoad.ts'
import { carriedOfOffered } from './sustained.ts'

/** One of two that are compared: an engine and the load that it gets, without its rate and times. */
export interface Compared {
  /** In tables and progress lines. */
  name: string
  crew: Crew
  load: Omit<Load, 'ratePerSecond' | 'warmUpMs' | 'durationMs'>
  /** Of the common rate; 1 by default. Less for one whose overload would be measured instead of what it carries. */
  offeredShare?: number
  /** Before each look at it. */
  prepare?: () => Promise<void>
  /** Messages a second that it carried, at most those offered; by default what was accepted and is done. */
  carriedIn?: (run: RunResult) => Promise<number>
}

export interface ComparedOptions {
  /** Such as `S1`. */
  name: string
  title: string
  /** The first rate of the search, in requests a second. */
  start: number
  /** What one of them is known to carry, in requests a second: no search. */
  known?: number | undefined
  turns: number
  time: Form['run']
}

/** The turns, and the looks at both in chronological order. */
export interface ComparedTurns {
  turns: Turn[]
  subject: RunResult[]
  reference: RunResult[]
}

/**
 * Both get the same rate, slightly above the highest of either, so that the load is not the limit. A much higher
 * load would compare the speed of refusals.
 */
const OFFERED_BEYOND = 1.1
/** A side that carried this share of the offered rate may carry more. */
const CARRIED_WHOLE = 0.98

/** Measures two in turn: each look at the subject stands between two at the reference, which is idle meanwhile. */
export async function compareInTurn(
  bench: Bench,
  { name, title, start, known, turns: turnsWanted, time }: ComparedOptions,
  [subject, reference]: readonly [Compared, Compared],
): Promise<ComparedTurns> {
  const { say, options } = bench
  const { recipientsPerRequest } = subject.load
  const carriedBySome = async () =>
    known ?? (await searchBoth(bench, { name, title, start }, [subject, reference]))
  let offered = options.rate ?? (await carriedBySome()) * OFFERED_BEYOND
  const looks: Record<'subject' | 'reference', RunResult[]> = { subject: [], reference: [] }
  const look = async (compared: Compared, seen: RunResult[]) => {
    const { name: side, crew, load, carriedIn, offeredShare = 1 } = compared
    await compared.prepare?.()
    const ratePerSecond = Math.round(offered * offeredShare)
    const run = await runLoad(crew, {
      ...{ name: `${name} ${side}`, title, settings: options.env },
      load: { ...load, ...time, ratePerSecond },
    })
    const carried = (await carriedIn?.(run)) ?? carriedOfOffered(run)
    say(`${side}: ${carried.toFixed(0)} messages/s of ${ratePerSecond * recipientsPerRequest}`)
    seen.push(run)
    return carried
  }
  const turns = await alternate(
    turnsWanted,
    () => look(reference, looks.reference),
    () => look(subject, looks.subject),
    (turn, number) => {
      say(describeTurn(turn, number, [subject.name, reference.name]))
      if (options.rate === undefined) offered = nextOffered(offered, turn, recipientsPerRequest)
    },
  )
  return { turns, ...looks }
}

/** @returns the highest rate that either was found to carry, in requests a second. */
async function searchBoth(
  bench: Bench,
  { name, title, start }: Pick<ComparedOptions, 'name' | 'title' | 'start'>,
  sides: readonly Compared[],
): Promise<number> {
  let best = 0
  for (const { name: side, crew, load, prepare } of sides) {
    await prepare?.()
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

function describeTurn({ rate, referenceRate }: Turn, number: number, names: [string, string]): string {
  const [subject, reference] = names
  const ratio = (rate / referenceRate).toFixed(2)
  return `turn ${number}: ${subject} ${rate.toFixed(0)} messages/s, ${reference} ${referenceRate.toFixed(0)} before and after, ratio ${ratio}`
}
