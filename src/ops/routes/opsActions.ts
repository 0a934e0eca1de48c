import type { Region } from '../../numbers/index.ts'
import type { Db } from '../../platform/db/index.ts'
import type { LiveFeed } from '../live/keepLive.ts'

/** What the operations page needs. */
export interface OpsActions {
  db: Db
  newId: () => string
  /** Undefined where none is set: then signing in is refused. */
  adminKey: string | undefined
  currency: string
  /** In which a national number is read. */
  region?: Region | undefined
  live: LiveFeed
}
