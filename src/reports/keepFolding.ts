import type { Db } from '../platform/db/index.ts'
import { startLoop } from '../platform/loop.ts'
import type { After, Loop } from '../platform/loop.ts'
import type { ReportFacts } from './facts.ts'
import { foldOnce } from './fold.ts'
import { ROWS_REMOVED_MAX, removeOldRollups } from './removeOld.ts'

export interface FoldingOptions {
  db: Db
  facts: ReportFacts
  after?: After
}

/**
 * What comes in this time is counted together, up to the bound of a turn: a row of a rollup is written once for all of its
 * messages. With thousands of customers these rows are most of the work.
 */
const FOLD_EVERY_MS = 30_000
/** Old rows harm nothing for some minutes. */
const REMOVE_POLL_MS = 60_000

/** Counts messages as long as the relay runs. While it is behind it rests as long as it works, for the others' sake. */
export function keepFolding({ db, facts, after }: FoldingOptions): Loop {
  let restMs = FOLD_EVERY_MS
  return startLoop({
    ...(after ? { after } : {}),
    idleMs: () => restMs,
    onError: (error, retryInMs) => facts.failed({ work: 'fold', error, retryInMs }),
    runOnce: async () => {
      const startedAtMs = performance.now()
      const folded = await foldOnce(db)
      facts.folded(folded)
      const isBehind = folded.kind === 'folded' && folded.isFull
      restMs = isBehind ? performance.now() - startedAtMs : FOLD_EVERY_MS
      return 'idle'
    },
  })
}

/** Deletes old rows of rollups as long as the relay runs. */
export function keepRemovingRollups({ db, facts, after }: FoldingOptions): Loop {
  return startLoop({
    ...(after ? { after } : {}),
    idleMs: REMOVE_POLL_MS,
    onError: (error, retryInMs) => facts.failed({ work: 'remove', error, retryInMs }),
    runOnce: async () => ((await removeOldRollups(db)) === ROWS_REMOVED_MAX ? 'worked' : 'idle'),
  })
}
