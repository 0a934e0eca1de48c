import type { IncomingMessage } from 'node:http'
import type { TLSSocket } from 'node:tls'
import { SESSION_SECONDS } from './openSession.ts'
import { isToken } from './token.ts'

const NAME = 'chapar_ops'

/** @returns the token of the session's cookie; undefined without one, and for a text that is none. */
export function readToken({ headers }: Pick<IncomingMessage, 'headers'>): string | undefined {
  for (const pair of headers.cookie?.split(';') ?? []) {
    const [name, value = ''] = pair.trim().split('=')
    if (name === NAME) return isToken(value) ? value : undefined
  }
  return undefined
}

/** Scripts cannot read it, and no request that another site causes carries it. */
export function cookieOf(request: Pick<IncomingMessage, 'headers' | 'socket'>, token: string): string {
  return `${NAME}=${token}; ${attributes(request)}; Max-Age=${SESSION_SECONDS}`
}

export function removedCookie(request: Pick<IncomingMessage, 'headers' | 'socket'>): string {
  return `${NAME}=; ${attributes(request)}; Max-Age=0`
}

function attributes({ headers, socket }: Pick<IncomingMessage, 'headers' | 'socket'>): string {
  const isEncrypted = (socket as Partial<TLSSocket>).encrypted === true
  const isSecure = isEncrypted || headers['x-forwarded-proto'] === 'https'
  return `Path=/; HttpOnly; SameSite=Strict${isSecure ? '; Secure' : ''}`
}
