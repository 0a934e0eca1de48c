import { connectAsAdmin } from './connectAsAdmin.ts'
import type { End, Fault, Hit, World } from './fault.ts'

/** Another session's transaction keeps this many balances locked. */
const LOCKED_CUSTOMERS = 12
/** What the server grants while its connections are used up. */
const CONNECTIONS_LEFT = 12

/** A killed database reads its log first. */
const RECOVER_KILLED_MS = 40_000

export const DATABASE_FAULTS: readonly Fault[] = [
  {
    ...{ kind: 'MySQL stopped', group: 'database', weight: 3, restarts: 'MySQL' },
    inflict: async ({ stage }) => {
      await stage.servers.database.stop()
      return () => stage.servers.database.start()
    },
  },
  {
    ...{ kind: 'MySQL killed', group: 'database', weight: 3, restarts: 'MySQL', isSample: true },
    recoverWithinMs: RECOVER_KILLED_MS,
    inflict: async ({ stage }) => {
      await stage.servers.database.kill()
      return () => stage.servers.database.start()
    },
  },
  { kind: 'balances locked', group: 'database', weight: 2, inflict: lockBalances },
  { kind: 'connections used up', group: 'database', weight: 1, inflict: useUpConnections },
]

async function lockBalances({ stage }: World, { random }: Hit): Promise<End> {
  const session = await connectAsAdmin(stage.servers.databaseAdminUrl)
  const [rows] = await session.query('SELECT user_id FROM chapar.user_balances ORDER BY user_id')
  const customers = (rows as { user_id: number }[]).map(({ user_id }) => user_id)
  const locked = Array.from({ length: LOCKED_CUSTOMERS }, () => random.pick(customers))
  await session.query('BEGIN')
  await session.query(
    'SELECT user_id FROM chapar.user_balances WHERE user_id IN (?) ORDER BY user_id FOR UPDATE',
    [locked],
  )
  return () => Promise.resolve(session.destroy())
}

/** Refuses new connections and closes idle ones. */
async function useUpConnections({ stage }: World): Promise<End> {
  const { databaseAdminUrl } = stage.servers
  const admin = await connectAsAdmin(databaseAdminUrl)
  const [rows] = await admin.query('SELECT @@GLOBAL.max_connections AS most')
  const [{ most } = { most: 300 }] = rows as { most: number }[]
  await admin.query('SET GLOBAL max_connections = ?', [CONNECTIONS_LEFT])
  // On the connection that it has: with more open than the limit, none is granted.
  return async () => {
    await admin.query('SET GLOBAL max_connections = ?', [most])
    admin.destroy()
  }
}
