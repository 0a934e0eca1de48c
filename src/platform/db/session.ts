import { Kysely, MysqlAdapter, MysqlIntrospector, MysqlQueryCompiler } from 'kysely'
import type { DatabaseConnection, Dialect, Driver, QueryResult, CompiledQuery } from 'kysely'
import type { Connection, PoolConnection, QueryError, ResultSetHeader } from 'mysql2'
import type { Schema } from '../../../db/schema.ts'

/** One connection of the pool with its own Kysely, so that what runs on it cannot stray to another connection. */
export interface Session {
  connection: PoolConnection
  query: Kysely<Schema>
  bornAtMs: number
  usedAtMs: number
}

export function openSession(connection: PoolConnection, nowMs: number): Session {
  return {
    connection,
    query: new Kysely<Schema>({ dialect: dialectOf(connection) }),
    bornAtMs: nowMs,
    usedAtMs: nowMs,
  }
}

/** Runs one statement on a raw connection. */
export function runStatement(
  connection: Connection,
  sql: string,
  values: readonly unknown[] = [],
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    connection.query({ sql, values: [...values] }, (error: QueryError | null, result: unknown) => {
      if (error) reject(error)
      else resolve(result)
    })
  })
}

function dialectOf(connection: PoolConnection): Dialect {
  return {
    createAdapter: () => new MysqlAdapter(),
    createDriver: () => driverOf(connection),
    createIntrospector: (db) => new MysqlIntrospector(db),
    createQueryCompiler: () => new MysqlQueryCompiler(),
  }
}

/** Begin, commit and rollback belong to transact.ts alone: asked of Kysely they are a fault of ours. */
function driverOf(connection: PoolConnection): Driver {
  const single: DatabaseConnection = {
    executeQuery: <R>(compiled: CompiledQuery) => execute<R>(connection, compiled),
    streamQuery: () => {
      throw new Error('a session does not stream')
    },
  }
  const notHere = () => Promise.reject(new Error('transactions are opened by transact()'))
  return {
    init: () => Promise.resolve(),
    acquireConnection: () => Promise.resolve(single),
    beginTransaction: notHere,
    commitTransaction: notHere,
    rollbackTransaction: notHere,
    releaseConnection: () => Promise.resolve(),
    destroy: () => Promise.resolve(),
  }
}

async function execute<R>(connection: PoolConnection, compiled: CompiledQuery): Promise<QueryResult<R>> {
  const result = await runStatement(connection, compiled.sql, compiled.parameters)
  if (Array.isArray(result)) return { rows: result as R[] }
  const header = result as ResultSetHeader
  return { rows: [], numAffectedRows: BigInt(header.affectedRows), insertId: BigInt(header.insertId) }
}
