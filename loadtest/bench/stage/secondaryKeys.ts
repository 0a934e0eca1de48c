import type { Database } from './database.ts'

interface KeyColumn {
  table_name: string
  index_name: string
  column_name: string
}

/** Drops the secondary keys while millions of rows are inserted, and rebuilds them by a sort. */
export async function withoutSecondaryKeys(database: Database, work: () => Promise<void>): Promise<void> {
  const columns = await database.rows<KeyColumn>(
    `SELECT table_name AS table_name, index_name AS index_name, column_name AS column_name
     FROM information_schema.statistics
     WHERE table_schema = DATABASE() AND index_name <> 'PRIMARY' AND table_name IN ('sms_requests', 'user_transactions')
     ORDER BY table_name, index_name, seq_in_index`,
  )
  const keys = Object.values(Object.groupBy(columns, (each) => `${each.table_name}.${each.index_name}`))
  for (const [first] of keys as [KeyColumn][])
    await database.run('ALTER TABLE ?? DROP KEY ??', [first.table_name, first.index_name])
  await work()
  for (const key of keys as [KeyColumn, ...KeyColumn[]][]) {
    const [first] = key
    const names = key.map((each) => each.column_name)
    await database.run('ALTER TABLE ?? ADD KEY ?? (??)', [first.table_name, first.index_name, names])
  }
}
