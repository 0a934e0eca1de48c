import type { Bench } from '../bench.ts'
import { runNamed } from '../findings.ts'
import type { Turn } from '../findings.ts'
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
  const lookAtEngine = (offered: number) => carryHundreds(bench, { offered, durationMs: turnMs })
  findings.turns = await alternate(turns, lookAlone, lookAtEngine, ({ engine, alone }, turn) =>
    say(
      `turn ${turn}: the engine ${engine.toFixed(0)} messages/s, ${(engine / alone).toFixed(2)} of the database`,
    ),
  )
}

/** All looks tell messages a second. The database's part of a turn is the mean of the looks before and after it. */
export async function alternate(
  turns: number,
  lookAlone: () => Promise<number>,
  lookAtEngine: (offered: number) => Promise<number>,
  onTurn: (turn: Turn, number: number) => void,
): Promise<Turn[]> {
  const taken: Turn[] = []
  let before = await lookAlone()
  for (let number = 1; number <= turns; number++) {
    const engine = await lookAtEngine(before * OFFERED_OF_ALONE)
    const after = await lookAlone()
    const turn = { engine, alone: (before + after) / 2 }
    taken.push(turn)
    onTurn(turn, number)
    before = after
  }
  return taken
}
