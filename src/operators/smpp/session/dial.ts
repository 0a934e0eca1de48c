import { connect as connectTcp, isIP } from 'node:net'
import type { Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { SMPP_PORT, SMPPS_PORT } from '../config.ts'

/** A socket that is connecting, and the event that says that it is connected. */
export interface Dial {
  socket: Socket
  connected: 'connect' | 'secureConnect'
}

/** Dials smpp://host:port, or ssmpp://host:port over TLS with the name and the certificate checked. */
export function dial(url: string): Dial {
  const { protocol, hostname, port } = new URL(url)
  const host = hostname.replace(/^\[|\]$/g, '')
  const isTls = protocol === 'ssmpp:'
  const target = { host, port: Number(port) || (isTls ? SMPPS_PORT : SMPP_PORT), noDelay: true }
  return isTls
    ? {
        socket: connectTls({ ...target, ...(isIP(host) === 0 && { servername: host }) }),
        connected: 'secureConnect',
      }
    : { socket: connectTcp(target), connected: 'connect' }
}
