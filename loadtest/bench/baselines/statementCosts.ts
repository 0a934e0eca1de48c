import { withDatabase } from '../stage/database.ts'

/** The server's CPU time of one kind of statement. */
export interface StatementCost {
  statement: string
  perSecond: number
  microsEach: number
  microsPerMessage: number
}

interface DigestRow {
  text: string
  count: number
  microseconds: number
}

const TABLES = /`(user_balances|user_transactions|sms_requests|sms_status|outbox_events)`/
const KINDS_MAX = 16

/** From now on the server counts the CPU time of each statement. @returns false when it cannot, as with MariaDB. */
export async function countStatements(adminUrl: string): Promise<boolean> {
  try {
    await withDatabase(adminUrl, async (database) => {
      await database.run(
        `UPDATE performance_schema.setup_consumers SET ENABLED = 'YES' WHERE NAME = 'events_statements_cpu'`,
      )
      await database.rows(
        'SELECT SUM_CPU_TIME FROM performance_schema.events_statements_summary_by_digest LIMIT 1',
      )
      await database.run('TRUNCATE TABLE performance_schema.events_statements_summary_by_digest')
    })
    return true
  } catch {
    return false
  }
}

/** @returns the CPU time of the statements since `countStatements`, per message, the most expensive kind first. */
export async function readStatementCosts(
  adminUrl: string,
  { messages, durationMs }: { messages: number; durationMs: number },
): Promise<StatementCost[]> {
  const rows = await withDatabase(adminUrl, (database) =>
    database.rows<DigestRow>(
      `SELECT DIGEST_TEXT AS text, COUNT_STAR AS count, SUM_CPU_TIME / 1000000 AS microseconds
       FROM performance_schema.events_statements_summary_by_digest WHERE SCHEMA_NAME = 'chapar'`,
    ),
  )
  const kinds = [...Map.groupBy(rows, ({ text }) => kindOf(text))].map(([statement, each]) => {
    const count = each.reduce((sum, row) => sum + Number(row.count), 0)
    const micros = each.reduce((sum, row) => sum + Number(row.microseconds), 0)
    return {
      statement,
      perSecond: (count * 1_000) / durationMs,
      microsEach: micros / count,
      microsPerMessage: micros / messages,
    }
  })
  return kinds.sort((a, b) => b.microsPerMessage - a.microsPerMessage).slice(0, KINDS_MAX)
}

/** `UPDATE sms_status, from a list`: enough to find the statement in its slice. */
function kindOf(digest: string): string {
  const [verb = ''] = digest.split(' ', 1)
  const table = TABLES.exec(digest)?.[1]
  if (!table) return verb
  const how = [
    ...(digest.includes('JSON_TABLE') ? ['from a list'] : []),
    ...(digest.includes('FOR UPDATE') ? ['for update'] : []),
  ]
  return [`${verb} ${table}`, ...how].join(', ')
}
