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
  /** Of the search; what the form says by default. */
  probesMax?: number
  /** The rate is known: no search. */
  rate?: number | undefined
}

const STEP = 1.4
/** A rate that did not hold for long falls to this share of itself, or lower. */
const LOWERED = 0.96
/** And to what was carried, which is less each further time by so much of it: the machine may be becoming slower. */
const LOWERED_FURTHER = 0.05

/** Finds the highest rate that holds for a moment, and measures it, or what is left of it, for long. */
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

/** The next rate to try after one that did not hold; in requests a second, like what was carried at it. */
export function lower(rate: number, carried: number, loweredBefore: number): number {
  return Math.min(rate * LOWERED, carried * (1 - LOWERED_FURTHER * loweredBefore))
}

export interface Searched {
  /** Requests a second that held, or nearly. */
  rate: number
  /** The probe that carried most. */
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
  // None held: what was carried while more was offered is the nearest that is known.
  const carried = bestProbe ? messagesPerSecond(bestProbe) / load.recipientsPerRequest : start
  return { rate: best || carried, bestProbe }
}
