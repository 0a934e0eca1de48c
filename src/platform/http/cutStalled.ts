import type { ServerResponse } from 'node:http'

/**
 * Gives up answers that stay unfinished from one look to the one after the next: their clients take them too slowly,
 * or not at all, and each holds its whole text. Looking seldom costs nothing per request, which a timer each would.
 * @returns what ends it.
 */
export function cutStalled(unanswered: ReadonlySet<ServerResponse>, everyMs: number): () => void {
  let seen = new Set<ServerResponse>()
  const timer = setInterval(() => {
    const still = [...unanswered]
    for (const response of still) if (seen.has(response)) response.req.socket.destroy()
    seen = new Set(still)
  }, everyMs).unref()
  return () => clearInterval(timer)
}
