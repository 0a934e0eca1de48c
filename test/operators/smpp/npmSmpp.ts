import { createRequire } from 'node:module'
import { once } from 'node:events'
import type { AddressInfo, Server, Socket } from 'node:net'

/** The npm package `smpp`, as far as it is the peer here. It has no types. */
export interface NpmPdu {
  command: string
  command_status: number
  sequence_number: number
  short_message?: { message: string | Buffer; udh?: Buffer[] }
  destination_addr?: string
  source_addr?: string
  source_addr_ton?: number
  data_coding?: number
  esm_class?: number
  system_id?: string
  response(options?: object): NpmPdu
  toBuffer(): Buffer
}

export interface NpmSession {
  socket: Socket
  on(event: 'pdu', listener: (pdu: NpmPdu) => void): void
  on(event: 'error', listener: (error: Error) => void): void
  send(pdu: NpmPdu): void
  deliver_sm(fields: object, onResponse: (pdu: NpmPdu) => void): void
}

interface Npm {
  createServer(onSession: (session: NpmSession) => void): Server
  PDU: { new (command: string, options: object): NpmPdu; fromBuffer(frame: Buffer): NpmPdu }
}

export const npmSmpp = createRequire(import.meta.url)('smpp') as Npm

/** A server of the package on loopback that answers every request as `respond` says, or not at all. */
export async function startNpmServer(respond: (pdu: NpmPdu, session: NpmSession) => object | undefined) {
  const sessions: NpmSession[] = []
  const server = npmSmpp.createServer((session) => {
    sessions.push(session)
    session.on('error', () => {})
    session.on('pdu', (pdu) => {
      if (pdu.command.endsWith('_resp')) return
      const fields = respond(pdu, session)
      if (fields) session.send(pdu.response(fields))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `smpp://127.0.0.1:${(server.address() as AddressInfo).port}`,
    sessions,
    async close() {
      for (const { socket } of sessions) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
