import { once } from 'node:events'
import { connect } from 'node:net'
import { createPduReader, decodePdu, encodePdu, isResponse } from '../../src/operators/smpp/codec/index.ts'
import type { Pdu, PduToSend, Request } from '../../src/operators/smpp/codec/index.ts'

type Unnumbered<P> = P extends unknown ? Omit<P, 'sequence'> : never

/** A bare client, which knows no windows and no timers. */
export interface SmppClient {
  /** Resolves with the response, or with undefined when the link ends without one. */
  ask(request: Unnumbered<PduToSend<Request>>): Promise<Pdu | undefined>
  write(octets: Buffer): void
  readonly requests: Pdu[]
  readonly responses: Pdu[]
  readonly isClosed: () => boolean
  close(): void
}

export async function connectSmpp(
  url: string,
  onRequest: (request: Pdu, answer: (pdu: PduToSend) => void) => void = () => {},
): Promise<SmppClient> {
  const { hostname, port } = new URL(url)
  const socket = connect({ host: hostname, port: Number(port), noDelay: true })
  const reader = createPduReader()
  const waiting = new Map<number, (pdu: Pdu | undefined) => void>()
  const requests: Pdu[] = []
  const responses: Pdu[] = []
  let sequence = 0
  socket.on('error', () => {})
  socket.on('close', () => waiting.forEach((resolve) => resolve(undefined)))
  socket.on('data', (chunk) => {
    for (const frame of reader.push(chunk).frames) {
      const decoded = decodePdu(frame)
      if (decoded.kind !== 'pdu') continue
      const { pdu } = decoded
      if (isResponse(pdu.command)) {
        responses.push(pdu)
        waiting.get(pdu.sequence)?.(pdu)
      } else {
        requests.push(pdu)
        onRequest(pdu, (answer) => socket.write(encodePdu(answer)))
      }
    }
  })
  await once(socket, 'connect')
  return {
    ask(request) {
      const { promise, resolve } = Promise.withResolvers<Pdu | undefined>()
      waiting.set(++sequence, resolve)
      socket.write(encodePdu({ ...request, sequence }))
      return promise
    },
    write: (octets) => void socket.write(octets),
    requests,
    responses,
    isClosed: () => socket.closed,
    close: () => void socket.destroy(),
  }
}
