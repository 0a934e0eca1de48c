import { setTimeout as pause } from 'node:timers/promises'
import type { TcpProxy } from '../../dev/tcpProxy.ts'
import type { DatabaseGroup, Member } from './databaseGroup.ts'

export interface Router {
  /** Where new connections lead. */
  target(): Member
  stop(): Promise<void>
}

const ASK_MS = 200

/** Leads new connections to the member that the group has made its primary; present ones stay where they are. */
export function openRouter(group: DatabaseGroup, link: TcpProxy, first: Member): Router {
  let target = first
  let isStopping = false
  const keepAsking = async () => {
    while (!isStopping) {
      const primary = await group.primary()
      if (primary && primary !== target) {
        target = primary
        link.redirect(primary.url)
      }
      await pause(ASK_MS)
    }
  }
  const asking = keepAsking()
  return {
    target: () => target,
    async stop() {
      isStopping = true
      await asking
    },
  }
}
