import { createServer } from 'node:http'
import { createServer as createTlsServer, Server as TlsServer } from 'node:https'
import type { RequestListener, Server, ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { StartupFault } from '../startupFault.ts'
import type { Logger } from '../telemetry/index.ts'
import type { Certificate } from './certificate.ts'
import { clientFaults } from './clientFaults.ts'
import { cutStalled } from './cutStalled.ts'
import { HEADERS_MAX, HTTP_LIMITS } from './connectionLimits.ts'
import type { HttpLimits } from './connectionLimits.ts'

export interface ListenAddress {
  host: string
  /** 0 lets the operating system choose. */
  port: number
  /** Serves HTTPS with it. */
  certificate?: Certificate | undefined
}

export interface Listener {
  port: number
  /** The URL it serves, as a person would type it. */
  url: string
  /**
   * Lets requests in flight and on their way finish, then takes no new connection, and cuts what is left after
   * `deadlineMs`. Resolves when no connection is open.
   */
  close(deadlineMs: number): Promise<void>
  /** Connections from now on get this certificate. Only of a listener that has one. */
  renew(certificate: Certificate): void
}

/** The requests of one connection so far. */
interface Conversation {
  requests: number
  latest: ServerResponse
}

/** @throws StartupFault in one line with the remedy, when the address cannot be bound. */
export async function listen(
  handle: RequestListener,
  { host, port, certificate }: ListenAddress,
  logger: Logger,
  limits: HttpLimits = HTTP_LIMITS,
): Promise<Listener> {
  let draining = false
  let hasParted = false
  const unanswered = new Set<ServerResponse>()
  const conversations = new WeakMap<Duplex, Conversation>()
  const sockets = new Set<Socket>()
  let noneOpen = () => {}
  const take: RequestListener = (request, response) => {
    // Our side is closed. The client was already answered that nothing changed, so this request is not processed.
    if (!request.socket.writable) return
    const requests = (conversations.get(request.socket)?.requests ?? 0) + 1
    // The previous answer closes the connection, so this request could not be answered.
    if (requests > limits.requestsPerConnectionMax) return
    conversations.set(request.socket, { requests, latest: response })
    unanswered.add(response)
    if (draining || requests === limits.requestsPerConnectionMax) response.shouldKeepAlive = false
    response.once('close', () => {
      unanswered.delete(response)
      // An answer whose headers were sent before draining began leaves an idle connection behind.
      if (hasParted) setImmediate(() => server.closeIdleConnections())
    })
    handle(request, response)
  }
  const server = createBoundedServer(limits, take, certificate)
  const faults = clientFaults((socket) => conversations.get(socket)?.latest, limits.lingerMs)
  server.on('clientError', faults.refuse)
  // Over TLS both the connection and what is spoken over it: a client may stop in the middle of the handshake.
  for (const event of ['connection', 'secureConnection'])
    server.on(event, (socket: Socket) => {
      sockets.add(socket)
      socket.once('close', () => {
        sockets.delete(socket)
        if (sockets.size === 0) noneOpen()
      })
    })
  server.on('connect', (_request, socket) => faults.refuseConnect(socket))
  const stopCutting = cutStalled(unanswered, limits.answerTimeoutMs)

  await bind(server, host, port)
  // A failed accept affects one client. The others are still served.
  server.on('error', (error) => logger.warn('could not accept a connection', { error }))
  const bound = server.address() as AddressInfo
  return {
    port: bound.port,
    url: `${certificate ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${bound.port}`,
    async close(deadlineMs) {
      draining = true
      // Sends `Connection: close` with each remaining answer, so that the client does not reuse the connection.
      for (const response of unanswered) response.shouldKeepAlive = false
      const closesAtMs = performance.now() + deadlineMs
      const partingMs = sockets.size > 0 ? Math.min(limits.partingMs, deadlineMs) : 0
      await within(partingMs, (resolve) => (noneOpen = resolve))
      hasParted = true
      // Node waits for connections that never sent a byte as if they had a request in flight.
      for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy()
      await drain(server, sockets, closesAtMs - performance.now()).finally(stopCutting)
    },
    renew: (renewed) => {
      if (server instanceof TlsServer) server.setSecureContext(renewed)
    },
  }
}

function createBoundedServer(
  limits: HttpLimits,
  take: RequestListener,
  certificate: Certificate | undefined,
): Server {
  const options = {
    connectionsCheckingInterval: limits.checkEveryMs,
    maxHeaderSize: limits.headBytesMax,
    headersTimeout: limits.headersTimeoutMs,
    requestTimeout: limits.requestTimeoutMs,
    keepAliveTimeout: limits.keepAliveTimeoutMs,
    // Node's own refusals are bare; ours is a problem document (checkHead.ts).
    requireHostHeader: false,
  }
  const server = certificate
    ? createTlsServer({ ...options, ...certificate, handshakeTimeout: limits.headersTimeoutMs }, take)
    : createServer(options, take)
  // One more than allowed, because some versions of Node silently drop the headers beyond the limit.
  server.maxHeadersCount = HEADERS_MAX + 1
  server.timeout = limits.stillTimeoutMs
  server.maxConnections = limits.connectionsMax
  server.on('checkExpectation', take)
  return server
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

/** Resolves when it is told to, or after the time. */
function within(timeMs: number, tell: (resolve: () => void) => void): Promise<void> {
  if (timeMs <= 0) return Promise.resolve()
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, timeMs)
    tell(() => {
      clearTimeout(timer)
      resolve()
    })
  })
}

function drain(server: Server, sockets: Set<Socket>, deadlineMs: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      for (const socket of sockets) socket.destroy()
    }, deadlineMs)
    // Also closes idle connections; the others follow when their answers are complete.
    server.close(() => {
      clearTimeout(timer)
      resolve()
    })
  })
}
