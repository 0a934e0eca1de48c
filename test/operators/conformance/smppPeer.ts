import { smppAdapter } from '../../../src/operators/smpp/adapter.ts'
import { STATUS } from '../../../src/operators/smpp/codec/index.ts'
import { eventually } from '../../support/eventually.ts'
import { operatorThat, startPeer } from '../smpp/scriptedPeer.ts'
import type { PeerLink } from '../smpp/scriptedPeer.ts'
import { smppOf } from '../smpp/smppOf.ts'
import { LARGE_IDENTIFIER } from './peer.ts'
import type { Mood, Peer } from './peer.ts'

export const SMPP_UNREADABLE: readonly string[] = ['generic_nack without an error', 'no PDU']

const SLOW_MS = 50

/** An SMPP operator on loopback, with one bind of the given window. */
export async function openSmppPeer(window: number): Promise<Peer> {
  let mood: Mood = { kind: 'good' }
  const taken = new Map<string, number>()
  const counts = { calls: 0, open: 0, peak: 0, accepted: 0 }
  const take = (number: string) => {
    taken.set(number, (taken.get(number) ?? 0) + 1)
    return `m${++counts.accepted}`
  }
  const answer = (link: PeerLink, sequence: number, to: string) => {
    counts.open--
    const refuse = (status: number) =>
      link.send({ command: 'submit_sm_resp', sequence, status, messageId: '' })
    const accept = (messageId: string) => link.send({ command: 'submit_sm_resp', sequence, messageId })
    switch (mood.kind) {
      case 'rejects':
        return mood.to === undefined || mood.to === to ? refuse(STATUS.RINVDSTADR) : accept(take(to))
      case 'throttles':
        return refuse(STATUS.RTHROTTLED)
      case 'fails':
      case 'out-of-service':
        return refuse(STATUS.RSYSERR)
      case 'cuts-before':
        return link.cut()
      case 'cuts-after':
        take(to)
        return link.cut()
      case 'hangs':
        return void take(to)
      case 'unreadable':
        take(to)
        if (mood.how === 'no PDU') return link.write('HTTP/1.1 200 OK\r\n\r\n')
        return link.send({ command: 'generic_nack', sequence, status: STATUS.ROK })
      case 'numeric-identifiers':
        take(to)
        return accept(LARGE_IDENTIFIER)
      case 'odd-identifiers': {
        const identifier = take(to)
        return accept(counts.accepted % mood.every === 0 ? 'a b' : identifier)
      }
      case 'good':
      case 'slow':
      case 'postpones':
      case 'refuses':
      case 'forgets-idle':
        return accept(take(to))
    }
  }
  const script = operatorThat({
    submit_sm: (pdu, link) => {
      if (pdu.command !== 'submit_sm') return
      const { sequence, destinationAddr } = pdu
      counts.calls++
      counts.peak = Math.max(counts.peak, ++counts.open)
      if (mood.kind === 'slow') setTimeout(() => answer(link, sequence, destinationAddr), SLOW_MS)
      else answer(link, sequence, destinationAddr)
    },
  })
  const operator = await startPeer(script)
  const adapter = smppAdapter(smppOf({ url: operator.url, binds: { transceivers: 1 }, window }))
  let linksUp = 0
  adapter.observe?.((fact) => {
    if (fact.kind === 'links') linksUp = fact.up
  })
  const isLinked = () => eventually('the client is bound', () => linksUp === 1)
  await isLinked()
  return {
    adapter,
    behave: async (next) => {
      mood = next
      await isLinked()
    },
    taken: ({ to }) => Promise.resolve(taken.get(to) ?? 0),
    calls: () => Promise.resolve(counts.calls),
    callsPeak: () => Promise.resolve(counts.peak),
    leave: async () => {
      await operator.shut()
      await eventually('the client has noticed', () => linksUp === 0)
    },
    comeBack: async () => {
      await operator.open()
      await isLinked()
    },
    close: async () => {
      await adapter.close()
      await operator.shut()
    },
  }
}
