import { createServer } from 'node:http'
import type { IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { Webhook } from 'standardwebhooks'
import type { DemoEvent } from './account.ts'

/** The customer's own server, which takes what a library of Standard Webhooks has verified, and refuses all else. */
export interface WebhookEndpoint {
  url: string
  /** The secret that the engine showed when the endpoint was created. Before, everything is refused. */
  trust(secret: string): void
  /** Verified ones, each once, in the order in which they came. */
  events: DemoEvent[]
  /** How many were refused. */
  refused(): number
  close(): Promise<void>
}

export async function startWebhookEndpoint(): Promise<WebhookEndpoint> {
  const events: DemoEvent[] = []
  let webhook: Webhook | undefined
  let refused = 0
  const verify = (request: IncomingMessage, body: string): DemoEvent | undefined => {
    try {
      return webhook?.verify(body, request.headers as Record<string, string>) as DemoEvent | undefined
    } catch {
      return undefined
    }
  }
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const event = verify(request, body)
      if (!event) refused++
      // At least once: the same one may come again.
      else if (events.every(({ id }) => id !== event.id)) events.push(event)
      response.writeHead(event ? 204 : 401).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/events`,
    trust: (secret) => void (webhook = new Webhook(secret)),
    events,
    refused: () => refused,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
