import { STRAIGHT } from '../../dev/tcpProxy.ts'
import type { Direction, ProxiedLink, TcpProxy } from '../../dev/tcpProxy.ts'
import type { Random } from '../random.ts'
import type { StagedOperator } from '../stage/operators.ts'
import type { Stage } from '../stage/stage.ts'
import { overAtOnce } from './fault.ts'
import type { End, Fault, Inflicted } from './fault.ts'

/** Above a usual answer, and below every time-out. */
const DELAY_MS = 400
/** A kilobyte takes an eighth of a second. */
const SLOW_BYTES_PER_SECOND = 8_192
/** Of cut, half-closed and silent links: all at once is what a broken cable does, some what a broken switch does. */
const ALL_SHARE = 0.3
const SOME_SHARE = 0.5

const LINKS = ['database', 'broker', 'operators', 'SMPP operator', 'receipts'] as const
type LinkName = (typeof LINKS)[number]

const FORMS = ['cut', 'delayed', 'half-closed', 'silent', 'slow'] as const
type Form = (typeof FORMS)[number]

export const LINK_FAULTS: readonly Fault[] = LINKS.flatMap((link) =>
  FORMS.map((form): Fault => ({
    ...{ kind: `link to ${link} ${form}`, group: 'link', weight: 1 },
    isMomentary: form === 'cut' || form === 'half-closed',
    isSample: (link === 'database' || link === 'SMPP operator') && form === 'silent',
    inflict: ({ stage }, { random }) => Promise.resolve(disturb(proxyTo(stage, link, random), form, random)),
  })),
)

/** Of the operators one over which something goes: an operator that is only a fallback is often idle. */
function proxyTo(
  { databaseLink, brokerLink, operators, testOperator }: Stage,
  link: LinkName,
  random: Random,
): TcpProxy {
  if (link === 'database') return databaseLink
  if (link === 'broker') return brokerLink
  const proxies = [...operators, testOperator].flatMap((operator) => proxiesOf(operator, link))
  const busy = proxies.filter((proxy) => proxy.links().length > 0)
  return random.pick(busy.length > 0 ? busy : proxies)
}

/** Receipts over SMPP come over the operator's link. */
function proxiesOf({ protocol, link, receiptLink }: StagedOperator, name: LinkName): TcpProxy[] {
  if (name === 'receipts') return receiptLink ? [receiptLink] : []
  return (name === 'SMPP operator') === (protocol === 'smpp') ? [link] : []
}

function disturb(proxy: TcpProxy, form: Form, random: Random): Inflicted {
  const isAll = random.share() < ALL_SHARE
  const links = isAll ? proxy.links() : chooseFrom(proxy.links(), random)
  switch (form) {
    case 'delayed':
      proxy.shape({ delayMs: DELAY_MS, bytesPerSecond: Infinity })
      return straighten(proxy)
    case 'slow':
      proxy.shape({ delayMs: 0, bytesPerSecond: SLOW_BYTES_PER_SECOND })
      return straighten(proxy)
    case 'silent':
      // A cable that is pulled is silent to new connections, too.
      if (isAll) {
        proxy.silence()
        return () => Promise.resolve(proxy.resume())
      }
      return (
        each(links, (link) => link.silence()) &&
        (() => Promise.resolve(links.forEach((link) => link.resume())))
      )
    case 'cut':
      return each(links, (link) => link.cut())
    case 'half-closed': {
      const direction: Direction = random.pick(['toServer', 'toClient'])
      return each(links, (link) => link.halfClose(direction))
    }
  }
}

/** @returns undefined when there was none. */
function each(links: ProxiedLink[], hit: (link: ProxiedLink) => void): Inflicted {
  if (links.length === 0) return undefined
  for (const link of links) hit(link)
  return overAtOnce
}

function straighten(proxy: TcpProxy): End {
  return () => Promise.resolve(proxy.shape(STRAIGHT))
}

function chooseFrom(links: ProxiedLink[], random: Random): ProxiedLink[] {
  const some = links.filter(() => random.share() < SOME_SHARE)
  return some.length > 0 ? some : links
}
