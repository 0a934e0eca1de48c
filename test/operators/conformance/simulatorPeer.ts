import type { OperatorAdapter } from '../../../src/operators/contract.ts'
import type { Behaviour } from '../../../simulator/behaviour.ts'
import { spawnSimulator } from '../../simulator/simulatorProcess.ts'
import type { Mood, Peer } from './peer.ts'

const CORRUPT_KINDS = [
  'not-json',
  'empty',
  'no-content',
  'error-word',
  'truncated',
  'oversized',
  'wrong-shape',
  'wrong-references',
] as const

export const SIMULATOR_UNREADABLE: readonly string[] = CORRUPT_KINDS

const SLOW_MS = 50

/** The simulated operator of docs/operator-protocol.md, as a process of its own. */
export async function openSimulatorBeside(open: (url: string) => OperatorAdapter): Promise<Peer> {
  let simulator = await spawnSimulator()
  const adapter = open(simulator.url)
  return {
    adapter,
    behave: async (mood) => void (await simulator.admin.behave(behaviourOf(mood))),
    taken: async ({ reference }) => (await simulator.admin.submission(reference)).taken,
    calls: async () => {
      const { calls } = await simulator.admin.summary()
      return Object.values(calls).reduce<number>((sum, count) => sum + (count ?? 0), 0)
    },
    callsPeak: async () => (await simulator.admin.summary()).connections.peak,
    leave: async () => void (await simulator.stop()),
    comeBack: async () => {
      simulator = await spawnSimulator({ PORT: String(simulator.port) })
    },
    close: async () => {
      await adapter.close()
      await simulator.stop()
    },
  }
}

function behaviourOf(mood: Mood): Partial<Behaviour> {
  switch (mood.kind) {
    case 'good':
      return {}
    case 'rejects':
      return mood.to === undefined ? { rejectRate: 1 } : { rejectedNumbers: [mood.to] }
    case 'postpones':
      return { unavailableRate: 1 }
    case 'refuses':
      return { poisonTexts: [{ text: mood.poison, status: mood.fault === 'message' ? 400 : 500 }] }
    case 'fails':
      return { failRate: 1 }
    case 'throttles': {
      const { retryAfterSeconds } = mood
      return {
        throttleRate: 1,
        retryAfter: retryAfterSeconds === undefined ? null : String(retryAfterSeconds),
      }
    }
    case 'out-of-service':
      return { outage: 'http503' }
    case 'cuts-before':
      return { dropBeforeAcceptRate: 1 }
    case 'cuts-after':
      return { dropAfterAcceptRate: 1 }
    case 'hangs':
      return { hangAfterAcceptRate: 1 }
    case 'unreadable':
      return {
        corruptResponseRate: 1,
        corruptResponseKind: CORRUPT_KINDS.find((kind) => kind === mood.how) ?? 'empty',
      }
    case 'numeric-identifiers':
      return { corruptResponseRate: 1, corruptResponseKind: 'numeric-id' }
    case 'odd-identifiers':
      return { corruptResponseRate: 1, corruptResponseKind: 'odd-ids' }
    case 'slow':
      return { latency: { kind: 'fixed', ms: SLOW_MS } }
    case 'forgets-idle':
      return { closeIdleAfterMs: 0 }
  }
}
