import { setTimeout as pause } from 'node:timers/promises'
import type { Random } from '../random.ts'
import type { Asked } from './ask.ts'
import type { Answered, Repeated } from './record.ts'

export interface RepeatOptions {
  triesMax: number
  /** Waits for each answer and, with a doubling back-off, before it tries again; cuts no connection. */
  isSteady?: boolean
}

/** What is different in each try of one request. */
export interface Try {
  /** The header field's value. */
  key: string
  cutAfterMs: number | undefined
}

/** Tries of one request at about the same time, to any process. */
const TOGETHER_MAX = 4
const APART_MS = [0, 150] as const
/** Tries whose connection is cut: mostly while the request is being decided. */
const CUT_SHARE = 0.2
const CUT_AFTER_MS = [1, 60] as const
/** The draft's form of an idempotency key, which is the same key. */
const QUOTED_SHARE = 0.3
/** Before it asks again after a refusal or no answer. */
export const AGAIN_MS = [150, 600] as const
/** Of steady clients: thousands that wait through an outage are not to be a load of their own. */
const BACKOFF_FACTOR_MAX = 16
/** A refusal for money: the same request would be refused for as long as a run takes. */
const REFUSED_FOR_GOOD = /^402 /

/**
 * Tries one request under its mark as the idempotency key: some times at once, and again until it is accepted, at most
 * `triesMax` times in all.
 */
export async function repeatKeyed(
  random: Random,
  mark: string,
  { triesMax, isSteady = false }: RepeatOptions,
  tryOnce: (each: Try) => Promise<Asked>,
): Promise<{ repeated: Repeated; results: Asked[] }> {
  const repeated: Repeated = { tries: 0, answers: [], firsts: 0 }
  const results: Asked[] = []
  const next = async () => {
    repeated.tries++
    const key = random.share() < QUOTED_SHARE ? `"${mark}"` : mark
    const asked = await tryOnce({ key, cutAfterMs: isSteady ? undefined : drawCut(random) })
    results.push(asked)
    note(repeated, asked)
  }
  const together = isSteady ? 1 : Math.min(random.whole(1, TOGETHER_MAX), triesMax)
  await Promise.all(
    Array.from({ length: together }, async () => {
      if (!isSteady) await pause(random.whole(...APART_MS))
      await next()
    }),
  )
  const goesOn = () =>
    repeated.answers.length === 0 && !results.some(({ label }) => REFUSED_FOR_GOOD.test(label))
  while (goesOn() && repeated.tries < triesMax) {
    const factor = isSteady ? Math.min(2 ** (repeated.tries - 1), BACKOFF_FACTOR_MAX) : 1
    await pause(factor * random.whole(...AGAIN_MS))
    await next()
  }
  return { repeated, results }
}

/** One accepted try makes it an accepted request, and one unknown try an unknown one. */
export function concludeTries<R extends Pick<Asked, 'answered' | 'label'>>(
  results: readonly R[],
): R | { answered: 'unknown'; label: '' } {
  const wanted: readonly Answered[] = ['accepted', 'unknown', 'refused']
  const found = wanted.flatMap((answered) => results.filter((each) => each.answered === answered))
  return found[0] ?? { answered: 'unknown', label: '' }
}

function drawCut(random: Random): number | undefined {
  return random.share() < CUT_SHARE ? random.whole(...CUT_AFTER_MS) : undefined
}

function note(repeated: Repeated, { answered, isReplayed, text }: Asked): void {
  if (answered !== 'accepted') return
  if (!isReplayed) repeated.firsts++
  if (!repeated.answers.includes(text)) repeated.answers.push(text)
}
