import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'

const CROWD_MAX = 2_000
/** Connections opened at once. More would overrun the accept backlog, 511 in Node. */
const AT_ONCE = 250
/** Other file descriptors of this process and the engine. */
const OTHER_FILES = 600
const BOUND_MS = 30_000

export interface CrowdResult {
  connections: number
  answered: number
  faults: string[]
}

/**
 * Opens thousands of connections, sends half a request on each, then completes all at the same moment. Each must be
 * answered, because their number is below the server's limit.
 */
export async function gatherCrowd(
  target: { host: string; port: number },
  size = crowdSize(),
): Promise<CrowdResult> {
  const sockets: Socket[] = []
  try {
    while (sockets.length < size) {
      const more = Array.from({ length: Math.min(AT_ONCE, size - sockets.length) }, () =>
        connect(target).on('error', () => {}),
      )
      sockets.push(...more)
      await Promise.all(more.map((socket) => once(socket, 'connect')))
      for (const socket of more) socket.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\n')
    }
    const answers = sockets.map(firstLineOf)
    for (const socket of sockets) socket.write('\r\n')
    const lines = await Promise.all(answers)
    const answered = lines.filter((line) => line.startsWith('HTTP/1.1 200')).length
    const faults =
      answered === size ? [] : [`of ${size} connections held at once ${size - answered} were not answered`]
    return { connections: size, answered, faults }
  } catch (error) {
    return {
      connections: sockets.length,
      answered: 0,
      faults: [`the crowd could not connect: ${String(error)}`],
    }
  } finally {
    for (const socket of sockets) socket.destroy()
  }
}

async function firstLineOf(socket: Socket): Promise<string> {
  const first = once(socket, 'data').then(([bytes]) => String(bytes))
  const closed = once(socket, 'close').then(() => '')
  const late = wait(BOUND_MS, '', { ref: false })
  return Promise.race([first, closed, late]).catch(() => '')
}

function crowdSize(): number {
  const limit = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1]
  return Math.max(1, Math.min(CROWD_MAX, Number(limit ?? CROWD_MAX) - OTHER_FILES))
}
