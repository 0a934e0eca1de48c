import type { Servers } from '../../../dev/servers.ts'
import { withDatabase } from './database.ts'
import { insertMessages } from './messages.ts'
import type { Messages } from './messages.ts'
import { withoutSecondaryKeys } from './secondaryKeys.ts'

/** Finished messages of some customers. */
export type Share = Pick<Messages, 'customerFirst' | 'customers' | 'perCustomer'>

/** Writes millions of finished messages, spread over the time before now. */
export async function fillDone(
  servers: Servers,
  shares: readonly Share[],
  overMs: number,
  say: (line: string) => void,
): Promise<void> {
  await withDatabase(adminUrl(servers.databaseAdminUrl, servers.databaseUrl), async (database) => {
    // No replica or backup needs these rows in the binary log.
    await database.run('SET sql_log_bin = 0')
    const time = { fromEpochMs: Date.now() - overMs, overMs, state: 'done' as const }
    const told = (done: number, total: number) => say(`writing messages: ${done} of ${total}`)
    await withoutSecondaryKeys(database, async () => {
      for (const share of shares) await insertMessages(database, { ...time, ...share }, told)
    })
    await database.run(
      'ANALYZE TABLE sms_requests, sms_status, user_transactions, user_balances, outbox_events',
    )
  })
}

function adminUrl(admin: string, database: string): string {
  const url = new URL(admin)
  url.pathname = new URL(database).pathname
  return url.href
}
