import type { ServerResponse } from 'node:http'
import type { Response } from 'express'
import { setCommonHeaders } from './answer.ts'

/** An answer of server-sent events, which has no end of its own. */
export interface EventStream {
  /** A client that reads too slowly is cut off. */
  send(event: string, data: string): void
  end(): void
}

const streams = new WeakSet<ServerResponse>()

/** A client that lags behind by this much reads slower than anything is worth sending. */
const UNREAD_BYTES_MAX = 1024 * 1024

/** Begins an answer of server-sent events. It is exempt from the time limits of answers: its owner ends it. */
export function openStream(response: Response): EventStream {
  streams.add(response)
  setCommonHeaders(response)
  response.setHeader('Content-Type', 'text/event-stream; charset=utf-8')
  response.flushHeaders()
  return {
    send(event, data) {
      if (response.writableEnded || response.destroyed) return
      if (response.writableLength > UNREAD_BYTES_MAX) response.destroy()
      else response.write(`event: ${event}\ndata: ${data}\n\n`)
    },
    end: () => void response.end(),
  }
}

/** For an answer whose length is its reader's affair, and which keeps little in memory. */
export function exemptFromTimeLimit(response: ServerResponse): void {
  streams.add(response)
}

export function isStream(response: ServerResponse): boolean {
  return streams.has(response)
}
