import { Kysely, MysqlAdapter, MysqlIntrospector, MysqlQueryCompiler } from 'kysely'
import type { DatabaseConnection, Dialect, Driver, QueryResult, CompiledQuery } from 'kysely'
import type { Connection, PoolConnection, QueryError, ResultSetHeader } from 'mysql2'
import type { Schema } from '../../../db/schema.ts'

declare const insideTransaction: unique symbol

/** A query builder inside an open transaction. Only transact() makes one, so the compiler keeps invariant 1. */
export type Tx = Kysely<Schema> & { readonly [insideTransaction]: true }
/** A query builder outside any transaction: for reads that need no more than one statement's consistency. */
export type Reader = Kysely<Schema>

/** Which server a session is on, and which of its sessions it is. */
export interface SessionIdentity {
  /** The same after a restart of the server, and another on each server. */
  serverId: string
  /** As the server counts them, which a proxy in between may count otherwise. Given anew after a restart. */
  connectionId: number
}

/** One connection of the pool with its own Kysely, so that what runs on it cannot stray to another connection. */
export interface Session extends SessionIdentity {
  connection: PoolConnection
  query: Kysely<Schema>
  bornAtMs: number
  usedAtMs: number
}

export function openSession(connection: PoolConnection, identity: SessionIdentity, nowMs: number): Session {
  return {
    ...identity,
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

/** Only transact.ts begins, commits and rolls back; Kysely must not. */
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
