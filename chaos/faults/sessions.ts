import { setTimeout as pause } from 'node:timers/promises'
import { connectAsAdmin } from './connectAsAdmin.ts'
import type { End, Fault, Hit, World } from './fault.ts'

/** One in this many numbers is refused its settlement. */
const REFUSED_OF = 5
const TRIGGER = 'chapar.chaos_refuse_done'
/** A trigger waits for the transactions that are under way, and all later ones wait for it meanwhile. */
const LOCK_WAIT_SECONDS = 1
const TRIES_MAX = 60
const AGAIN_MS = 500
/** Above the time in which a recipient's submissions are used up: some leases of 10 s. */
const CALM_REFUSED_MS = 40_000
const CALM_VIEW_MS = 15_000

/** What other sessions do to the database: they take time, and the engine and the servers go on meanwhile. */
export const SESSION_FAULTS: readonly Fault[] = [
  {
    ...{ kind: 'settlements refused', group: 'session', weight: 1, calmMs: CALM_REFUSED_MS },
    inflict: refuseSettlements,
  },
  {
    ...{ kind: 'old read view', group: 'session', weight: 1, calmMs: CALM_VIEW_MS, isSample: true },
    inflict: keepReadView,
  },
]

/** The database refuses `done` for some numbers, as a full disk or a foreign trigger would. */
async function refuseSettlements({ stage }: World, { random }: Hit): Promise<End> {
  const rest = random.whole(0, REFUSED_OF - 1)
  await inOwnSession(
    stage.servers.databaseAdminUrl,
    `CREATE TRIGGER ${TRIGGER} BEFORE UPDATE ON chapar.sms_status FOR EACH ROW
     IF NEW.status = 'done' AND OLD.status <> 'done' AND CRC32(NEW.recipient) % ${REFUSED_OF} = ${rest} THEN
       SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'refused by chaos';
     END IF`,
  )
  return () => inOwnSession(stage.servers.databaseAdminUrl, `DROP TRIGGER IF EXISTS ${TRIGGER}`)
}

/** A session that does nothing, as a logical backup has it. Every version of every row since stays until it ends. */
async function keepReadView({ stage }: World): Promise<End> {
  const session = await untilItWorks(async () => {
    const opened = await connectAsAdmin(stage.servers.databaseAdminUrl)
    try {
      await opened.query('START TRANSACTION WITH CONSISTENT SNAPSHOT')
      await opened.query('SELECT COUNT(*) FROM chapar.skip_locked_probe')
      return opened
    } catch (error) {
      opened.destroy()
      throw error
    }
  })
  return () => Promise.resolve(session.destroy())
}

function inOwnSession(adminUrl: string, statement: string): Promise<void> {
  return untilItWorks(async () => {
    const session = await connectAsAdmin(adminUrl)
    try {
      await session.query(`SET SESSION lock_wait_timeout = ${LOCK_WAIT_SECONDS}`)
      await session.query(statement)
    } finally {
      session.destroy()
    }
  })
}

/** Again for as long as another fault keeps the server down, or the table is busy. */
async function untilItWorks<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work()
    } catch (error) {
      if (attempt >= TRIES_MAX) throw error
      await pause(AGAIN_MS)
    }
  }
}
