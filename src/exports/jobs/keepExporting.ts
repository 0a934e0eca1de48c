import { startLoop } from '../../platform/loop.ts'
import type { Loop } from '../../platform/loop.ts'
import type { ExportFacts } from '../events.ts'
import { claimNext } from './claimNext.ts'
import type { Claimed } from './claimNext.ts'
import { removeFile } from './files.ts'
import { removeStrays } from './removeStrays.ts'
import { runTurn } from './runTurn.ts'
import type { ExportContext } from './runTurn.ts'
import { markExpired, removeRecord } from './writeOwned.ts'

/** A person waits for it. */
const POLL_MS = 1_000
/** They come from processes that were killed. */
const STRAYS_POLL_MS = 600_000

export interface ExportingOptions extends ExportContext {
  facts: ExportFacts
}

/** Works on exports one after the other, as long as the relay runs. Any number of processes may do so. */
export function keepExporting(options: ExportingOptions): Loop[] {
  const { facts } = options
  return [
    startLoop({
      idleMs: POLL_MS,
      onError: (error, retryInMs) => facts.failed({ error, retryInMs }),
      runOnce: (stopping) => exportOnce(options, stopping),
    }),
    startLoop({
      idleMs: STRAYS_POLL_MS,
      onError: (error, retryInMs) => facts.failed({ error, retryInMs }),
      runOnce: async () => {
        await removeStrays(options)
        return 'idle'
      },
    }),
  ]
}

/** One turn of the export that is due for longest. */
export async function exportOnce(
  context: ExportingOptions,
  stopping: AbortSignal,
): Promise<'worked' | 'idle'> {
  const job = await claimNext(context.db)
  if (!job) return 'idle'
  if (job.state === 'queued' || job.state === 'running') {
    const result = await runTurn(context, job, stopping)
    context.facts.turnEnded({ job, result })
  } else await remove(context, job)
  return 'worked'
}

/** First the file of one that is done, later its row. */
async function remove({ db, folder }: ExportContext, job: Claimed): Promise<void> {
  if (job.state !== 'done') return removeRecord(db, job)
  if ((await markExpired(db, job)) && job.file !== null) await removeFile(folder, job.file)
}
