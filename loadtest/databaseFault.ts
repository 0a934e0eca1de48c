const MYSQL_PORT = 3_306
/** Bounds the chain of causes of an error, which may be circular. */
const DEPTH_MAX = 8

/** What kept a database from being used: where it was looked for, without its password, and what the driver says. */
export function databaseFault(databaseUrl: string, error: unknown): Error {
  const { hostname, port } = new URL(databaseUrl)
  const where = `${hostname}:${port || MYSQL_PORT}`
  return new Error(`the database at ${where} cannot be used: ${reasonOf(error)}`, { cause: error })
}

/** The innermost cause knows it; a refused connection may come as an AggregateError whose own message is empty. */
function reasonOf(error: unknown): string {
  let inner = error as { message?: string; code?: string; cause?: unknown }
  for (let depth = 0; depth < DEPTH_MAX && inner.cause instanceof Error; depth++) inner = inner.cause
  return inner.message || (inner.code ?? 'it does not say why')
}
