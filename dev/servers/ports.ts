import { randomInt } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'

const HOST = '127.0.0.1'
const PORT_MIN = 15_000
const PORT_MAX = 32_000
const PORT_LAST = 65_535
// Of thousands of ports at most a few hundred are taken, so this many misses have another cause.
const TRIES_MAX = 500

/**
 * Free ports on the loopback address. They lie below the range from which the kernel takes ports for outgoing
 * connections: a port from that range can be gone when its server restarts, and a client that keeps trying a closed
 * one can even connect to itself.
 */
export async function freePorts(count: number): Promise<number[]> {
  const max = Math.max(PORT_MIN + 1_000, Math.min(PORT_MAX, firstOutgoingPort() - 1))
  const found = new Set<number>()
  for (let tries = 0; found.size < count; tries += 1) {
    if (tries === TRIES_MAX) throw new Error(`no ${count} free ports between ${PORT_MIN} and ${max}`)
    const port = randomInt(PORT_MIN, max)
    if (await isPortFree(port)) found.add(port)
  }
  return [...found]
}

/** The first free port from `first` on. */
export async function nextFreePort(first: number): Promise<number> {
  for (let port = first; port <= PORT_LAST; port += 1) if (await isPortFree(port)) return port
  throw new Error(`no free port from ${first} on`)
}

export function isPortFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ port, host: HOST, exclusive: true }, () => server.close(() => resolve(true)))
  })
}

function firstOutgoingPort(): number {
  try {
    return Number(readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').split(/\s+/)[0])
  } catch {
    return PORT_MAX
  }
}
