import type { Bench } from '../bench.ts'
import { runNamed } from '../findings.ts'
import { alternate } from '../measure/alternate.ts'
import { ALONE_HUNDRED_NAME, S2_RATIO_MIN } from '../ratios.ts'
import { carryHundreds } from '../scenarios/hundredRecipients.ts'
import { withAlone } from './withAlone.ts'
import type { AloneSettings } from './withAlone.ts'

/**
 * The offered rate as a share of the database's rate just before: a tenth above the target. A much higher rate would
 * make the engine busy with refusals, and a lower one could be its limit when the machine becomes faster.
 */
export const OFFERED_OF_ALONE = 1.1 * S2_RATIO_MIN

/**
 * Measures S2 and the database alone in turn, because the speed of a shared machine changes by a third within minutes.
 * Each look at the engine is between two looks at the database.
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
