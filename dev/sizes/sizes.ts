/** Runs one statement. */
export type Query = (sql: string) => Promise<Record<string, unknown>[]>

export interface TableSize {
  table: string
  rows: number
  /** Data and indexes, as the engine has them allocated. */
  bytes: number
}

/** The table with one row for each recipient. */
const RECIPIENTS = 'sms_status'

/** @returns every table that has rows, the largest first, after their statistics were made anew. */
export async function readSizes(query: Query): Promise<TableSize[]> {
  const found = await query(
    "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE'",
  )
  const names = found.map(({ name }) => String(name)).sort()
  if (names.length === 0) return []
  const quoted = names.map((name) => `\`${name}\``)
  await query(`ANALYZE TABLE ${quoted.join(', ')}`)
  const sizes: TableSize[] = []
  for (const [index, table] of names.entries()) {
    const [size] = await query(
      `SELECT COALESCE(data_length, 0) + COALESCE(index_length, 0) AS bytes FROM information_schema.tables
        WHERE table_schema = DATABASE() AND table_name = '${table}'`,
    )
    const [count] = await query(`SELECT COUNT(*) AS n FROM ${quoted[index]}`)
    sizes.push({ table, rows: Number(count?.['n']), bytes: Number(size?.['bytes']) })
  }
  return sizes.filter(({ rows }) => rows > 0).sort((a, b) => b.bytes - a.bytes)
}

/** As Markdown. */
export function describeSizes(sizes: readonly TableSize[]): string[] {
  const recipients = sizes.find(({ table }) => table === RECIPIENTS)?.rows ?? 0
  const perRow = ({ bytes, rows }: TableSize) => String(Math.round(bytes / rows))
  const perRecipient = (bytes: number) => (recipients > 0 ? String(Math.round(bytes / recipients)) : '')
  const lines = sizes.map((each) => [
    each.table,
    String(each.rows),
    String(each.bytes),
    perRow(each),
    perRecipient(each.bytes),
  ])
  const total = sizes.reduce((sum, { bytes }) => sum + bytes, 0)
  return [
    '| table | rows | bytes | a row | a recipient |',
    '| --- | --: | --: | --: | --: |',
    ...lines.map((line) => `| ${line.join(' | ')} |`),
    `| all | | ${total} | | ${perRecipient(total)} |`,
  ]
}
