import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { createResponseReader } from './responses.ts'
import type { HttpResponse } from './responses.ts'

/** One keep-alive connection with at most one request in flight. */
export interface Connection {
  send(text: string): void
  /** Does not call `onLost`. */
  destroy(): void
}

export interface ConnectionEvents {
  onResponse(response: HttpResponse): void
  /** Called once with the reason when the connection is unusable, and never after `destroy`. */
  onLost(reason: string): void
}

/** Answers have some 500 bytes. A longer one arrives in several pieces. */
const READ_BYTES = 8 * 1024

/** Opens a connection. Requests sent before it is open are buffered. */
export function openConnection(baseUrl: URL, events: ConnectionEvents): Connection {
  let isOver = false
  const lose = (reason: string) => {
    if (isOver) return
    isOver = true
    socket.destroy()
    events.onLost(reason)
  }
  const reader = createResponseReader((response) => {
    if (!isOver) events.onResponse(response)
  })
  const take = (bytes: string) => {
    try {
      reader.take(bytes)
    } catch (fault) {
      lose((fault as Error).message)
    }
  }
  const socket = baseUrl.protocol === 'https:' ? openTls(baseUrl, take) : openPlain(baseUrl, take)
  // Requests are written whole, so Nagle's algorithm would only delay them.
  socket.setNoDelay(true)
  socket.on('error', (error: NodeJS.ErrnoException) => lose(error.code ?? error.message))
  socket.on('end', () => {
    reader.end()
    lose('closed')
  })
  socket.on('close', () => lose('closed'))
  return {
    send: (text) => void socket.write(text, 'latin1'),
    destroy() {
      isOver = true
      socket.destroy()
    },
  }
}

/** Reads into one buffer, because the stream's own handling costs more than the reading. */
function openPlain({ hostname, port }: URL, take: (bytes: string) => void): Socket {
  return connect({
    host: withoutBrackets(hostname),
    port: Number(port || 80),
    onread: {
      buffer: Buffer.allocUnsafe(READ_BYTES),
      callback(bytes, buffer) {
        take((buffer as Buffer).toString('latin1', 0, bytes))
        return true
      },
    },
  })
}

function openTls({ hostname, port }: URL, take: (bytes: string) => void): Socket {
  const host = withoutBrackets(hostname)
  const socket = connectTls({ host, port: Number(port || 443), servername: host })
  socket.setEncoding('latin1')
  return socket.on('data', take)
}

function withoutBrackets(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, '')
}
