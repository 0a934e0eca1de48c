import type { ProxiedLink, TcpProxy } from '../../dev/tcpProxy.ts'

/**
 * What befalls a COMMIT on its way. `request`: it never reaches the server. `answer`: it took effect, and its answer
 * never reaches the client.
 */
export type LostPart = 'request' | 'answer'

export interface LostCommit {
  /** How many were lost so far. */
  count(): number
  /** COMMITs get through again. */
  end(): void
}

/**
 * Loses COMMITs on a proxied link to the database, the next one only unless told otherwise. `silence` leaves the link
 * open and dumb, `cut` resets it.
 */
export function loseCommit(
  proxy: TcpProxy,
  part: LostPart,
  how: 'cut' | 'silence' = 'cut',
  times = 1,
): LostCommit {
  const awaitingAnswer = new WeakSet<ProxiedLink>()
  let lost = 0
  const lose = (link: ProxiedLink) => {
    if (++lost >= times) end()
    link[how]()
  }
  const end = proxy.onBytes((bytes, direction, link) => {
    if (direction === 'toClient' && awaitingAnswer.has(link)) lose(link)
    if (direction === 'toServer' && isCommit(bytes)) {
      if (part === 'request') lose(link)
      else awaitingAnswer.add(link)
    }
  })
  return { count: () => lost, end }
}

/** The statement is the last thing in its packet; READ COMMITTED ends otherwise. */
function isCommit(bytes: Buffer): boolean {
  return bytes.subarray(-'COMMIT'.length).toString('latin1') === 'COMMIT'
}

/** Lets something happen between a lost COMMIT and its look-up, which begins with the end of the old session. */
export function beforeLookUp(proxy: TcpProxy, happen: () => Promise<unknown>): void {
  const end = proxy.onBytes((bytes, direction, link) => {
    if (direction !== 'toServer' || !bytes.includes('KILL')) return
    end()
    link.silence()
    void happen().finally(() => link.resume())
  })
}
