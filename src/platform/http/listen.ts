import { createServer } from 'node:http'
import type { RequestListener, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { StartupFault } from '../startupFault.ts'
import type { Logger } from '../telemetry/index.ts'

export interface ListenAddress {
  host: string
  /** 0 lets the operating system choose. */
  port: number
}

export interface Listener {
  port: number
  /** Where it answers, as a person would type it. */
  url: string
  /**
   * Takes no new connection, lets requests in flight finish, and cuts what is left after `deadlineMs`.
   * Resolves when no connection is open.
   */
  close(deadlineMs: number): Promise<void>
}

/** A whole request has to arrive within this: a client that sends a byte now and then must not hold a socket. */
const REQUEST_TIMEOUT_MS = 30_000
const HEADERS_TIMEOUT_MS = 10_000
/** Longer than the 60 s after which common load balancers drop an idle connection: the one to close must be theirs. */
const KEEP_ALIVE_TIMEOUT_MS = 65_000
/** How often the above are looked at; the default of 30 s would double them. */
const TIMEOUT_CHECK_MS = 5_000
/** Each costs memory and a file descriptor, of which a process commonly has 1,024 to 65,536. */
const CONNECTIONS_MAX = 10_000

/** @throws StartupFault in one line with the remedy, when the address cannot be had. */
export async function listen(
  handle: RequestListener,
  { host, port }: ListenAddress,
  logger: Logger,
): Promise<Listener> {
  let draining = false
  const unanswered = new Set<ServerResponse>()
  const server = createServer({ connectionsCheckingInterval: TIMEOUT_CHECK_MS }, (request, response) => {
    unanswered.add(response)
    if (draining) response.shouldKeepAlive = false
    response.once('close', () => {
      unanswered.delete(response)
      // An answer whose headers had gone out before draining began leaves an idle connection behind.
      if (draining) setImmediate(() => server.closeIdleConnections())
    })
    handle(request, response)
  })
  server.requestTimeout = REQUEST_TIMEOUT_MS
  server.headersTimeout = HEADERS_TIMEOUT_MS
  server.keepAliveTimeout = KEEP_ALIVE_TIMEOUT_MS
  server.maxConnections = CONNECTIONS_MAX

  await bind(server, host, port)
  // One connection that could not be accepted is that client's loss, and no reason to stop serving the others.
  server.on('error', (error) => logger.warn('could not accept a connection', { error }))
  const bound = server.address() as AddressInfo
  return {
    port: bound.port,
    url: `http://${host.includes(':') ? `[${host}]` : host}:${bound.port}`,
    close(deadlineMs) {
      draining = true
      // Says `Connection: close` in each answer still to come, so that the client does not send on it again.
      for (const response of unanswered) response.shouldKeepAlive = false
      return drain(server, deadlineMs)
    },
  }
}

function bind(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(toStartupFault(error, host, port)))
    server.listen(port, host, () => {
      server.removeAllListeners('error')
      resolve()
    })
  })
}

function toStartupFault(error: NodeJS.ErrnoException, host: string, port: number): StartupFault {
  const where = `cannot listen on ${host}:${port}`
  if (error.code === 'EADDRINUSE') {
    return new StartupFault(`${where}: the port is in use; choose another, for example PORT=${port + 1}`, {
      cause: error,
    })
  }
  return new StartupFault(`${where}: ${error.message}`, { cause: error })
}

function drain(server: Server, deadlineMs: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => server.closeAllConnections(), deadlineMs)
    // Closes idle connections as well; the others follow as their answers end.
    server.close(() => {
      clearTimeout(timer)
      resolve()
    })
  })
}
