import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { segment } from '../../../src/segments/index.ts'
import { readRequest } from './gateway.ts'
import type { Dialect, GatewayMessage, GatewayRequest } from './gateway.ts'

/** A message that the gateway took, and what it called it. */
export interface TakenMessage {
  message: GatewayMessage
  request: GatewayRequest
  /** One for each part, where the gateway names parts. */
  identifiers: string[]
}

/** A gateway that takes every message. Its receipts are sent by the test. */
export interface AcceptingGateway {
  url: string
  taken: TakenMessage[]
  close(): Promise<void>
}

export interface Accepting extends Pick<Dialect, 'read' | 'accepted' | 'acceptedParts'> {
  /** The gateway's next identifier. */
  nameOf: (count: number) => string
}

export async function openAcceptingGateway(dialect: Accepting): Promise<AcceptingGateway> {
  const taken: TakenMessage[] = []
  let named = 0
  const server = createServer((request, response) => {
    void readRequest(request).then((read) => {
      const message = dialect.read(read)
      if ('status' in message) return void response.writeHead(message.status).end(message.body)
      const count = dialect.acceptedParts ? segment(message.text).parts.length : 1
      const identifiers = Array.from({ length: count }, () => dialect.nameOf(++named))
      taken.push({ message, request: read, identifiers })
      const [first = ''] = identifiers
      const answer = dialect.acceptedParts?.(identifiers, message) ?? dialect.accepted(first, message)
      response.writeHead(answer.status, answer.headers).end(answer.body)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    taken,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
