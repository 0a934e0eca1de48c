import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import {
  createPduReader,
  decodePdu,
  encodePdu,
  isResponse,
  responseTo,
} from '../../../src/operators/smpp/codec/index.ts'
import type { Pdu, PduOf, PduToSend } from '../../../src/operators/smpp/codec/index.ts'
import { eventually } from '../../support/eventually.ts'

/** A connection as the operator has it. */
export interface PeerLink {
  socket: Socket
  /** Everything that came, in order. */
  seen: Pdu[]
  send(pdu: PduToSend): void
  write(octets: Buffer | string): void
  cut(): void
}

/** What the operator does about a PDU. */
export type Script = (pdu: Pdu, link: PeerLink, peer: ScriptedPeer) => void

export interface ScriptedPeer {
  readonly url: string
  script: Script
  readonly links: PeerLink[]
  /** All submit_sm of all links. */
  submitted(): PduOf<'submit_sm'>[]
  /** The newest link that is bound. */
  bound(): Promise<PeerLink>
  /** Refuses connections until `open`, at the same port. */
  shut(): Promise<void>
  open(): Promise<void>
}

let identifiers = 0

/** Grants every bind, takes every message at once, and answers whatever else is asked. */
export const goodOperator: Script = (pdu, link) => {
  const { command, sequence } = pdu
  if (isResponse(command)) return
  if (pdu.command === 'submit_sm') {
    link.send({ command: 'submit_sm_resp', sequence, messageId: `m${++identifiers}` })
  } else link.send({ command: responseTo(command), sequence })
}

/** The same, but for the commands that `own` knows. */
export function operatorThat(own: Partial<Record<Pdu['command'], Script>>): Script {
  return (pdu, link, peer) => (own[pdu.command] ?? goodOperator)(pdu, link, peer)
}

/** An operator on loopback that does what its script says, down to single octets. */
export async function startPeer(script: Script = goodOperator): Promise<ScriptedPeer> {
  const links: PeerLink[] = []
  const server = createServer((socket) => accept(socket))
  let port = 0
  const peer: ScriptedPeer = {
    get url() {
      return `smpp://127.0.0.1:${port}`
    },
    script,
    links,
    submitted: () => links.flatMap(({ seen }) => seen.filter((pdu) => pdu.command === 'submit_sm')),
    async bound() {
      const isBound = ({ seen, socket }: PeerLink) =>
        !socket.destroyed && seen.some(({ command }) => command.startsWith('bind_'))
      await eventually('a link is bound', () => links.some(isBound))
      return links.findLast(isBound) as PeerLink
    },
    async shut() {
      for (const { socket } of links) socket.destroy()
      if (!server.listening) return
      server.close()
      await once(server, 'close')
    },
    async open() {
      server.listen(port, '127.0.0.1')
      await once(server, 'listening')
      port = (server.address() as AddressInfo).port
    },
  }
  function accept(socket: Socket): void {
    const reader = createPduReader()
    const link: PeerLink = {
      socket,
      seen: [],
      send: (pdu) => link.write(encodePdu(pdu)),
      write: (octets) => void (socket.writable && socket.write(octets)),
      cut: () => void socket.destroy(),
    }
    links.push(link)
    socket.setNoDelay(true)
    socket.on('error', () => {})
    socket.on('data', (chunk) => {
      for (const frame of reader.push(chunk).frames) {
        const decoded = decodePdu(frame)
        if (decoded.kind !== 'pdu') throw new Error('the client sent what is no PDU')
        link.seen.push(decoded.pdu)
        peer.script(decoded.pdu, link, peer)
      }
    })
  }
  await peer.open()
  return peer
}
