import type { ServerResponse } from 'node:http'
import { isStream } from './openStream.ts'

/**
 * Cuts answers that stay unfinished for two periodic checks, which cost less than a timer for each request: their
 * clients read too slowly, and each keeps its whole text in memory. Streams, which bound what they keep, are left
 * alone.
 * @returns a function that stops the checks.
 */
export function cutStalled(unanswered: ReadonlySet<ServerResponse>, everyMs: number): () => void {
  let seen = new Set<ServerResponse>()
  const timer = setInterval(() => {
    const still = [...unanswered]
    for (const response of still) if (seen.has(response) && !isStream(response)) response.req.socket.destroy()
    seen = new Set(still)
  }, everyMs).unref()
  return () => clearInterval(timer)
}
