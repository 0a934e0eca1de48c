import { STRAIGHT } from '../../dev/tcpProxy.ts'
import type { Direction, ProxiedLink, TcpProxy } from '../../dev/tcpProxy.ts'
import type { Random } from '../random.ts'
import type { LinkForm, LinkName } from './kinds.ts'
import type { End, Hit, Inflicted, World } from './hit.ts'

/** Above a usual answer, and below every time-out. */
const DELAY_MS = 400
/** A kilobyte takes an eighth of a second. */
const SLOW_BYTES_PER_SECOND = 8_192
/** Of cut, half-closed and silent links: all at once is what a broken cable does, some what a broken switch does. */
const ALL_SHARE = 0.3
const SOME_SHARE = 0.5

export function inflictOnLink({ stage }: World, { kind, random }: Hit): Promise<Inflicted> {
  const { databaseLink, brokerLink, operators } = stage
  const [, , name, form] = kind.split(' ') as ['link', 'to', LinkName, LinkForm]
  const proxies: Record<LinkName, TcpProxy> = {
    database: databaseLink,
    broker: brokerLink,
    operators: random.pick(operators).link,
  }
  return Promise.resolve(disturb(proxies[name], form, random))
}

function disturb(proxy: TcpProxy, form: LinkForm, random: Random): Inflicted {
  const isAll = random.share() < ALL_SHARE
  const links = isAll ? proxy.links() : chooseFrom(proxy.links(), random)
  if (links.length === 0) return undefined
  const direction: Direction = random.pick(['toServer', 'toClient'])
  switch (form) {
    case 'delayed':
      proxy.shape({ delayMs: DELAY_MS, bytesPerSecond: Infinity })
      return straighten(proxy)
    case 'slow':
      proxy.shape({ delayMs: 0, bytesPerSecond: SLOW_BYTES_PER_SECOND })
      return straighten(proxy)
    case 'cut':
      for (const link of links) link.cut()
      return () => Promise.resolve()
    case 'half-closed':
      for (const link of links) link.halfClose(direction)
      return () => Promise.resolve()
    case 'silent': {
      // A cable that is pulled is silent to whoever tries anew, too.
      if (isAll) {
        proxy.silence()
        return () => Promise.resolve(proxy.resume())
      }
      for (const link of links) link.silence()
      return () => Promise.resolve(links.forEach((link) => link.resume()))
    }
  }
}

function straighten(proxy: TcpProxy): End {
  return () => Promise.resolve(proxy.shape(STRAIGHT))
}

function chooseFrom(links: ProxiedLink[], random: Random): ProxiedLink[] {
  const some = links.filter(() => random.share() < SOME_SHARE)
  return some.length > 0 ? some : links
}
