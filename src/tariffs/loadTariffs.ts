import { read } from '../platform/db/index.ts'
import type { Db } from '../platform/db/index.ts'
import { startLoop } from '../platform/loop.ts'
import { NO_TARIFFS, indexTariffs } from './indexTariffs.ts'
import type { TariffIndex } from './indexTariffs.ts'
import type { TariffsEvents } from './events.ts'
import { readCurrentTariffs, readTariffsRevision } from './readTariffs.ts'

/** The tariffs of this process, so that a price needs no query. */
export interface TariffTable {
  /** As they were read last. */
  current(): TariffIndex
  /** Reads them again when they have changed. @returns whether they had. @throws when they cannot be read. */
  refresh(): Promise<boolean>
}

/** A change is in effect everywhere this long after it, and the time of two queries. */
const POLL_EVERY_MS = 1_000
const POLL_TIMEOUT_MS = 5_000

/** Reads the tariffs. @throws Unavailable: a process that has never read them must not price anything. */
export async function loadTariffs(db: Db): Promise<TariffTable> {
  let tariffs = NO_TARIFFS
  let revision = -1
  const table: TariffTable = {
    current: () => tariffs,
    refresh: () =>
      read(
        db,
        'tariffs.refresh',
        async (reader) => {
          // Read before the rows: a change in between is read again by the next poll.
          const latest = await readTariffsRevision(reader)
          if (latest === revision) return false
          tariffs = indexTariffs(await readCurrentTariffs(reader))
          revision = latest
          return true
        },
        POLL_TIMEOUT_MS,
      ),
  }
  await table.refresh()
  return table
}

/** Keeps them as they are in the database; a process that cannot read them goes on with what it has. */
export function keepTariffs(table: TariffTable, events: TariffsEvents): { close(): Promise<void> } {
  return startLoop({
    idleMs: POLL_EVERY_MS,
    onError: (error) => events.tariffsUnreadable(error),
    runOnce: async () => {
      await table.refresh()
      return 'idle'
    },
  })
}
