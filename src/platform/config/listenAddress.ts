import { isIP } from 'node:net'
import { z } from 'zod'
import { parseWholeNumber } from '../../primitives/wholeNumber.ts'
import type { ListenAddress } from '../http/index.ts'

export const PORT_MAX = 65_535

/** `127.0.0.1:8080`, `[::1]:8080`, `localhost:8080`, or `:8080` for every address of the machine. */
export function listenAddressText() {
  return z.string().transform((text, check): ListenAddress => {
    const [, bracketed, plain, digits = ''] = /^(?:\[([^\]]+)\]|([^:]*)):([0-9]+)$/.exec(text) ?? []
    const port = parseWholeNumber(digits)
    const host = bracketed ?? plain
    const fits = bracketed === undefined ? true : isIP(bracketed) === 6
    if (host !== undefined && port !== undefined && port <= PORT_MAX && fits) {
      return { host: host || '0.0.0.0', port }
    }
    check.addIssue({ code: 'custom', message: `must look like 127.0.0.1:8080 or [::1]:8080, is "${text}"` })
    return z.NEVER
  })
}

/** Whether only this machine can reach the address. A name other than localhost may stand for anything. */
export function isLoopback(host: string): boolean {
  if (host.toLowerCase() === 'localhost') return true
  if (isIP(host) === 4) return host.startsWith('127.')
  return isIP(host) === 6 && new URL(`http://[${host}]`).hostname === '[::1]'
}
