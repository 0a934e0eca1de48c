import { connect } from 'amqplib'
import { sql } from 'kysely'
import { closeDb, openDb, read } from '../../src/platform/db/index.ts'
import type { Reader } from '../../src/platform/db/index.ts'

/** Queues that the program declares by default. */
export const DEFAULT_QUEUES = { normal: 'sms.normal', express: 'sms.express' }

/**
 * Servers that are not ours must have nothing to lose: the tests empty tables and delete queues. Queues cannot be
 * listed over AMQP, so those are looked for that an engine or an earlier run of the tests would have made.
 */
export async function assertEmpty(databaseUrl: string, amqpUrl: string): Promise<void> {
  const tables = await withReader(databaseUrl, listTables)
  if (tables.length > 0) throw new Error('DATABASE_URL must name an empty database: the tests would empty it')
  const found: string[] = []
  for (const name of [...Object.values(DEFAULT_QUEUES), 'test.1.normal', 'test.1.express']) {
    if (await hasQueue(amqpUrl, name)) found.push(name)
  }
  if (found.length > 0)
    throw new Error(`AMQP_URL must name a virtual host without queues, it has ${found.join(', ')}`)
}

/** Takes the tables away again, so that the next run finds the database as this one did. */
export async function leaveEmpty(databaseUrl: string): Promise<void> {
  await withReader(databaseUrl, async (reader) => {
    for (const table of await listTables(reader)) await sql`DROP TABLE ${sql.table(table)}`.execute(reader)
  })
}

async function listTables(reader: Reader): Promise<string[]> {
  const { rows } = await sql<Record<string, string>>`SHOW TABLES`.execute(reader)
  return rows.flatMap((row) => Object.values(row))
}

async function withReader<T>(databaseUrl: string, work: (reader: Reader) => Promise<T>): Promise<T> {
  const db = openDb({ url: databaseUrl, maxOpenConns: 2, maxIdleConns: 1, connMaxLifetimeSeconds: 300 })
  try {
    return await read(db, 'test.given', work)
  } finally {
    await closeDb(db)
  }
}

async function hasQueue(amqpUrl: string, name: string): Promise<boolean> {
  const connection = await connect(amqpUrl)
  connection.on('error', () => {})
  const channel = await connection.createChannel()
  channel.on('error', () => {})
  const there = await channel.checkQueue(name).then(
    () => true,
    () => false,
  )
  await connection.close()
  return there
}
