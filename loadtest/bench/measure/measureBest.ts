import type { RunResult } from '../../result.ts'
import type { Bench } from '../bench.ts'
import { describeRun } from '../describeRun.ts'
import type { Crew } from '../stage/crew.ts'
import { runLoad } from './runLoad.ts'
import type { Load } from './runLoad.ts'
import { findHighest } from './search.ts'
import { isSustained, messagesPerSecond } from './sustained.ts'

export interface BestOptions {
  name: string
  title: string
  /** Without its rate and times. */
  load: Omit<Load, 'ratePerSecond' | 'warmUpMs' | 'durationMs'>
  settings?: Record<string, string | number>
  /** Where the search begins, requests a second. */
  start: number
  time: { warmUpMs: number; durationMs: number }
  /** The search's settings; the form's by default. */
  probesMax?: number
  /** The rate is known: no search. */
  rate?: number | undefined
}

const STEP = 1.4
/** The factor for a rate that was not sustained in the long run. */
const LOWERED = 0.96
/**
 * The next rate is also at most the carried rate, reduced by this share for each further attempt, because the machine
 * may be slowing down.
 */
const LOWERED_FURTHER = 0.05

/** Finds the highest rate that a short probe sustains, and measures it, or a lower one, in a long run. */
export async function measureBest(bench: Bench, crew: Crew, options: BestOptions): Promise<RunResult> {
  const { form, say } = bench
  const { name, title, settings = {}, time, load } = options
  let rate = options.rate ?? (await searchRate(bench, crew, options, options.probesMax)).rate * form.ofProbed
  for (let lowerings = 0; ; lowerings++) {
    const ratePerSecond = Math.max(1, Math.round(rate))
    say(`measuring ${ratePerSecond} requests/s for ${time.durationMs / 1_000} s`)
    const run = await runLoad(crew, {
      ...{ name, title, settings, load: { ...load, ...time, ratePerSecond } },
      onProgress: say,
    })
    const isHeld = isSustained(run)
    for (const line of describeRun(run)) say(line)
    if (isHeld || options.rate !== undefined || lowerings >= form.lowerings)
      return isHeld
        ? run
        : { ...run, notes: [...(run.notes ?? []), 'more was offered than could go on for ever'] }
    say(`${ratePerSecond} requests/s did not hold`)
    rate = lower(rate, messagesPerSecond(run) / load.recipientsPerRequest, lowerings)
  }
}

/** The next rate after one that was not sustained. Both rates are in requests a second. */
export function lower(rate: number, carried: number, loweredBefore: number): number {
  return Math.min(rate * LOWERED, carried * (1 - LOWERED_FURTHER * loweredBefore))
}

export interface Searched {
  /** Requests a second that were sustained, or nearly. */
  rate: number
  /** The probe with the highest carried rate. */
  bestProbe: RunResult | undefined
}

export async function searchRate(
  { form, say }: Bench,
  crew: Crew,
  { name, title, load, start }: Pick<BestOptions, 'name' | 'title' | 'load' | 'start'>,
  probesMax = form.search.probesMax,
): Promise<Searched> {
  let bestProbe: RunResult | undefined
  const probe = async (ratePerSecond: number) => {
    const run = await runLoad(crew, { name, title, load: { ...load, ...form.probe, ratePerSecond } })
    const isHeld = isSustained(run)
    const messages = messagesPerSecond(run)
    if (!bestProbe || messages > messagesPerSecond(bestProbe)) bestProbe = run
    say(
      `probe of ${ratePerSecond} requests/s: ${messages.toFixed(0)} messages/s, ${isHeld ? 'holds' : 'does not hold'}`,
    )
    return isHeld
  }
  const { best } = await findHighest(probe, { ...form.search, probesMax, start, step: STEP })
  // None was sustained. The highest carried rate is the best estimate.
  const carried = bestProbe ? messagesPerSecond(bestProbe) / load.recipientsPerRequest : start
  return { rate: best || carried, bestProbe }
}
