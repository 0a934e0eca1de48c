import type { Bench } from '../bench.ts'
import { runNamed } from '../findings.ts'
import { alternate } from '../measure/alternate.ts'
import { ALONE_HUNDRED_NAME, S2_RATIO_MIN } from '../ratios.ts'
import { carryHundreds } from '../scenarios/hundredRecipients.ts'
import { withAlone } from './withAlone.ts'
import type { AloneSettings } from './withAlone.ts'

/**
 * What is offered, as a share of what the database carried just before: a tenth more than the target. With much more the
 * engine is busy refusing what is beyond its strength; with less, a machine that becomes faster meanwhile would make it
 * look weaker than it is.
 */
export const OFFERED_OF_ALONE = 1.1 * S2_RATIO_MIN

/**
 * S2 and the database alone in turn, as a machine that is shared is a third slower some minutes later: each look at the
 * engine stands between two looks at the database. More than what is offered cannot be seen.
 */
export async function takeTurns(bench: Bench, settings: AloneSettings): Promise<void> {
  const { form, findings, say } = bench
  const { turns, turnMs } = form.alone
  if (turns === 0 || !runNamed(findings, 'S2')) return
  const lookAlone = () =>
    withAlone(bench, { name: ALONE_HUNDRED_NAME, recipientsPerRequest: 100 }, async (measure) => {
      const { messagesPerSecond } = await measure(settings, turnMs)
      return messagesPerSecond
    })
  const lookAtEngine = (aloneBefore: number) =>
    carryHundreds(bench, { offered: aloneBefore * OFFERED_OF_ALONE, durationMs: turnMs })
  findings.turns = await alternate(turns, lookAlone, lookAtEngine, ({ rate, referenceRate }, turn) =>
    say(
      `turn ${turn}: the engine ${rate.toFixed(0)} messages/s, ${(rate / referenceRate).toFixed(2)} of the database`,
    ),
  )
}
