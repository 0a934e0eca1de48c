import type { Behaviour } from './behaviour.ts'
import type { ReceiptCounts } from './receipts/receiptSender.ts'
import type { Recorded, RecordSummary } from './record.ts'
import type { SmppSummary } from './smpp/server.ts'
import type { ConnectionCounts } from './submit.ts'

export type SimulatorSummary = RecordSummary & {
  name: string
  calls: Partial<Record<string, number>>
  connections: ConnectionCounts
  /** Absent when it does not speak SMPP. */
  smpp?: SmppSummary
  /** Absent when none are sent. */
  receipts?: ReceiptCounts
}

/** Speaks to a simulator's admin routes. Every function rejects with the simulator's reasons when it refuses. */
export interface SimulatorAdmin {
  /** A good operator but for what is given. */
  behave(behaviour: Partial<Behaviour>): Promise<Behaviour>
  /** As it behaves now but for what is given. */
  change(behaviour: Partial<Behaviour>): Promise<Behaviour>
  behaviour(): Promise<Behaviour>
  /** Refuses connections for a while; resolves when it is about to. */
  disconnect(forMs: number): Promise<void>
  submission(reference: string): Promise<Partial<Recorded> & Pick<Recorded, 'reference' | 'seen' | 'taken'>>
  submissions(): AsyncGenerator<Recorded>
  /** Parts of messages of several parts, which came over SMPP. */
  parts(): AsyncGenerator<Recorded>
  summary(): Promise<SimulatorSummary>
  forget(): Promise<void>
}

export function simulatorAdmin(url: string): SimulatorAdmin {
  const ask = async <T>(method: string, path: string, body?: unknown): Promise<T> => {
    const response = await send(url, method, path, body)
    return (await response.json()) as T
  }
  return {
    behave: (behaviour) => ask('PUT', '/admin/behaviour', behaviour),
    change: (behaviour) => ask('PATCH', '/admin/behaviour', behaviour),
    behaviour: () => ask('GET', '/admin/behaviour'),
    disconnect: (forMs) => ask('POST', '/admin/disconnect', { forMs }),
    submission: (reference) => ask('GET', `/admin/submissions?reference=${encodeURIComponent(reference)}`),
    submissions: () => readLines(url, '/admin/submissions'),
    parts: () => readLines(url, '/admin/parts'),
    summary: () => ask('GET', '/admin/summary'),
    forget: async () => void (await send(url, 'DELETE', '/admin/submissions')),
  }
}

async function send(url: string, method: string, path: string, body?: unknown): Promise<Response> {
  const response = await fetch(url + path, {
    method,
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  if (!response.ok)
    throw new Error(`simulator: ${method} ${path}: ${response.status} ${await response.text()}`)
  return response
}

async function* readLines(url: string, path: string): AsyncGenerator<Recorded> {
  const { body } = await send(url, 'GET', path)
  if (!body) return
  let rest = ''
  for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) yield JSON.parse(line) as Recorded
  }
}
