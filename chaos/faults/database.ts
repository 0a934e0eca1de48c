import { createConnection } from 'mysql2/promise'
import type { Connection } from 'mysql2/promise'
import type { End, Fault, Hit, World } from './fault.ts'

/** Somebody else's transaction keeps so many balances locked. */
const HELD_CUSTOMERS = 12
/** What the server grants while its connections are used up. */
const CONNECTIONS_LEFT = 12
const CONNECT_TIMEOUT_MS = 5_000

/** A killed database reads its log first. */
const HEAL_KILLED_MS = 40_000

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
    healWithinMs: HEAL_KILLED_MS,
    inflict: async ({ stage }) => {
      await stage.servers.database.kill()
      return () => stage.servers.database.start()
    },
  },
  { kind: 'balances held', group: 'database', weight: 2, inflict: holdBalances },
  { kind: 'connections used up', group: 'database', weight: 1, inflict: useUpConnections },
]

async function holdBalances({ stage }: World, { random }: Hit): Promise<End> {
  const holder = await connect(stage.servers.databaseAdminUrl)
  const [rows] = await holder.query('SELECT user_id FROM chapar.user_balances ORDER BY user_id')
  const customers = (rows as { user_id: number }[]).map(({ user_id }) => user_id)
  const held = Array.from({ length: HELD_CUSTOMERS }, () => random.pick(customers))
  await holder.query('BEGIN')
  await holder.query(
    'SELECT user_id FROM chapar.user_balances WHERE user_id IN (?) ORDER BY user_id FOR UPDATE',
    [held],
  )
  return () => Promise.resolve(holder.destroy())
}

/** New connections are refused, and those that are idle end. */
async function useUpConnections({ stage }: World): Promise<End> {
  const { databaseAdminUrl } = stage.servers
  const admin = await connect(databaseAdminUrl)
  const [rows] = await admin.query('SELECT @@GLOBAL.max_connections AS most')
  const [{ most } = { most: 300 }] = rows as { most: number }[]
  await admin.query('SET GLOBAL max_connections = ?', [CONNECTIONS_LEFT])
  // On the connection that it has: with more open than the limit, nobody gets another.
  return async () => {
    await admin.query('SET GLOBAL max_connections = ?', [most])
    admin.destroy()
  }
}

async function connect(uri: string): Promise<Connection> {
  const connection = await createConnection({ uri, connectTimeout: CONNECT_TIMEOUT_MS })
  // A server that is killed under it is a fault of the run, and not of this program.
  connection.on('error', () => {})
  return connection
}
