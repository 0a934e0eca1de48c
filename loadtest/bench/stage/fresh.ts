import { connect } from 'amqplib'
import type { Servers } from '../../../dev/servers.ts'
import { migrate } from '../../../src/platform/db/index.ts'
import { withDatabase } from './database.ts'

const QUEUES = ['sms.normal', 'sms.express', 'sms.normal.dead', 'sms.express.dead']

/** A database without rows, statistics or work for purge, and no queues: one scenario leaves nothing to the next. */
export async function freshTables(servers: Servers): Promise<void> {
  const name = new URL(servers.databaseUrl).pathname.slice(1)
  await withDatabase(servers.databaseAdminUrl, async (database) => {
    await database.run('DROP DATABASE IF EXISTS ??', [name])
    await database.run('CREATE DATABASE ?? CHARACTER SET utf8mb4', [name])
    // The next scenario must not pay for the previous one's binary log.
    await database.run('PURGE BINARY LOGS BEFORE NOW()')
  })
  await Promise.all([migrate(servers.databaseUrl), deleteQueues(servers.amqpUrl)])
}

async function deleteQueues(amqpUrl: string): Promise<void> {
  const connection = await connect(amqpUrl)
  const channel = await connection.createChannel()
  for (const queue of QUEUES) await channel.deleteQueue(queue)
  await connection.close()
}
