import type { Bench } from '../bench.ts'
import { runNamed } from '../findings.ts'
import type { Turn } from '../findings.ts'
import { ALONE_HUNDRED_NAME } from '../ratios.ts'
import { carryHundreds } from '../scenarios/hundredRecipients.ts'
import { withAlone } from './withAlone.ts'
import type { AloneSettings } from './withAlone.ts'

/** More than the engine carries, but not so much that it is busy refusing. */
const OFFERED_OF_ALONE = 0.8

/**
 * S2 and the database alone in turn, as a machine that is shared is a third slower some minutes later: each look at the
 * engine, which is offered more than it can carry, stands between two looks at the database. So the engine also pays for
 * accepting what it does not end in that time, and its ratio is rather too low than too high.
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
  const taken: Turn[] = []
  let before = await lookAlone()
  for (let turn = 1; turn <= turns; turn++) {
    const engine = await carryHundreds(bench, { offered: before * OFFERED_OF_ALONE, durationMs: turnMs })
    const after = await lookAlone()
    const alone = (before + after) / 2
    taken.push({ engine, alone })
    say(
      `turn ${turn}: the engine ${engine.toFixed(0)} messages/s, ${(engine / alone).toFixed(2)} of the database`,
    )
    before = after
  }
  findings.turns = taken
}
