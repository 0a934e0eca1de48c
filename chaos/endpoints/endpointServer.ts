import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Webhook } from 'standardwebhooks'

/**
 * How an endpoint is: `good` answers at once, `hanging` never, and nothing listens at `dead`. `flapping` fails now and
 * then, in every way that leaves it alive, until all are calmed.
 */
export const ENDPOINT_KINDS = ['good', 'flapping', 'hanging', 'dead'] as const
export type EndpointKind = (typeof ENDPOINT_KINDS)[number]

/** An event as an endpoint gets it, as far as the proof compares it. */
export interface GotEvent {
  id: string
  type: string
  sequence: number
  data: { message_id: string; recipient_no: number; to: string }
}

/** One address of a customer: an endpoint, or the callback_url of a message. */
export interface Hook {
  url: string
  kind: EndpointKind
  /** By identifier: the same one may come several times, and says the same each time. */
  got: ReadonlyMap<string, GotEvent>
  /** Called when the secret is known; what comes before is refused. */
  trust(secret: string): void
}

/** The customers' servers. */
export interface Endpoints {
  /** @param path unique. */
  open(path: string, kind: EndpointKind): Hook
  /** No endpoint flaps any more. */
  calmDown(): void
  /** Requests whose signature was wrong, or that contradict an earlier one, one line each. */
  wrong: readonly string[]
  /** Answered as taken, repeats included; and answered in another way or not. */
  counts: { taken: number; failed: number }
  close(): Promise<void>
}

/** Whether every event reaches it in the end. */
export function isLiving({ kind }: Pick<Hook, 'kind'>): boolean {
  return kind === 'good' || kind === 'flapping'
}

/** Nothing listens there: it is below the ports of users. */
const DEAD_URL = 'http://127.0.0.1:1'
/** A flapping endpoint fails this many requests of each eight. */
const FLAPS_OF = 8
const FLAPS: readonly ((response: ServerResponse) => void)[] = [
  (response) => void response.writeHead(500).end('out of order'),
  (response) => void response.socket?.destroy(),
  (response) => void response.writeHead(302, { location: '/elsewhere' }).end(),
]

interface Served extends Hook {
  got: Map<string, GotEvent>
  verifier: Webhook | undefined
  requests: number
}

/** One server for all: what tells endpoints apart is the path. */
export async function openEndpoints(): Promise<Endpoints> {
  const hooks = new Map<string, Served>()
  const wrong: string[] = []
  const counts = { taken: 0, failed: 0 }
  let isCalm = false
  const fail = (response: ServerResponse, answer: (response: ServerResponse) => void) => {
    counts.failed++
    answer(response)
  }
  const serve = (hook: Served, request: IncomingMessage, body: string, response: ServerResponse) => {
    if (hook.kind === 'hanging') return void counts.failed++
    const flap = hook.kind === 'flapping' && !isCalm ? FLAPS[hook.requests++ % FLAPS_OF] : undefined
    if (flap) return fail(response, flap)
    // Its owner does not know the secret yet.
    if (!hook.verifier) return fail(response, (busy) => void busy.writeHead(503).end())
    try {
      note(hook, hook.verifier.verify(body, request.headers as Record<string, string>) as GotEvent)
    } catch (error) {
      wrong.push(`${hook.url}: ${String(request.headers['webhook-id'])}: ${String(error)}`)
    }
    counts.taken++
    response.writeHead(204).end()
  }
  const server = createServer((request, response) => {
    const hook = hooks.get(request.url ?? '')
    void readBody(request).then(
      (body) => (hook ? serve(hook, request, body, response) : void response.writeHead(204).end()),
      () => response.destroy(),
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    ...{ wrong, counts },
    open(path, kind) {
      const base = kind === 'dead' ? DEAD_URL : `http://127.0.0.1:${port}`
      const hook: Served = {
        ...{
          url: `${base}${path}`,
          kind,
          got: new Map<string, GotEvent>(),
          verifier: undefined,
          requests: 0,
        },
        trust: (secret) => void (hook.verifier = new Webhook(secret)),
      }
      hooks.set(path, hook)
      return hook
    },
    calmDown: () => void (isCalm = true),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** @throws Error when the same event said something else before. */
function note({ got }: Served, event: GotEvent): void {
  const before = got.get(event.id)
  if (before && JSON.stringify(before) !== JSON.stringify(event))
    throw new Error(`it was ${JSON.stringify(before)} and is ${JSON.stringify(event)}`)
  got.set(event.id, event)
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}
