import { createServer } from 'node:http'
import type { RequestListener, Server, ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { StartupFault } from '../startupFault.ts'
import type { Logger } from '../telemetry/index.ts'
import { clientFaults } from './clientFaults.ts'
import { cutStalled } from './cutStalled.ts'
import { HEADERS_MAX, HTTP_LIMITS } from './limits.ts'
import type { HttpLimits } from './limits.ts'

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

/** What was asked on one connection so far. */
interface Conversation {
  requests: number
  latest: ServerResponse
}

/** @throws StartupFault in one line with the remedy, when the address cannot be had. */
export async function listen(
  handle: RequestListener,
  { host, port }: ListenAddress,
  logger: Logger,
  limits: HttpLimits = HTTP_LIMITS,
): Promise<Listener> {
  let draining = false
  const unanswered = new Set<ServerResponse>()
  const conversations = new WeakMap<Duplex, Conversation>()
  const sockets = new Set<Socket>()
  const take: RequestListener = (request, response) => {
    // Our side is closed: the client was told that nothing was changed, and this came behind it.
    if (!request.socket.writable) return
    const requests = (conversations.get(request.socket)?.requests ?? 0) + 1
    // The answer before this one closes the connection, so that this one's could not be given.
    if (requests > limits.requestsPerConnectionMax) return
    conversations.set(request.socket, { requests, latest: response })
    unanswered.add(response)
    if (draining || requests === limits.requestsPerConnectionMax) response.shouldKeepAlive = false
    response.once('close', () => {
      unanswered.delete(response)
      // An answer whose headers had gone out before draining began leaves an idle connection behind.
      if (draining) setImmediate(() => server.closeIdleConnections())
    })
    handle(request, response)
  }
  const server = createBoundedServer(limits, take)
  const faults = clientFaults((socket) => conversations.get(socket)?.latest, limits.lingerMs)
  server.on('clientError', faults.refuse)
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  server.on('connect', (_request, socket) => faults.refuseConnect(socket))
  const stopCutting = cutStalled(unanswered, limits.answerTimeoutMs)

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
      // Node waits for whoever connected and never spoke, as if a request were on its way.
      for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy()
      return drain(server, deadlineMs).finally(stopCutting)
    },
  }
}

function createBoundedServer(limits: HttpLimits, take: RequestListener): Server {
  const server = createServer(
    {
      connectionsCheckingInterval: limits.checkEveryMs,
      maxHeaderSize: limits.headBytesMax,
      headersTimeout: limits.headersTimeoutMs,
      requestTimeout: limits.requestTimeoutMs,
      keepAliveTimeout: limits.keepAliveTimeoutMs,
      // Node's own refusals are bare; ours is a problem document (checkHead.ts).
      requireHostHeader: false,
    },
    take,
  )
  // One more than are allowed: some versions of Node leave out what is beyond and say nothing, and we want to notice.
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
