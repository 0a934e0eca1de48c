import { createBatcher } from '../../platform/batcher.ts'
import type { Db } from '../../platform/db/index.ts'
import type { KeysInUse } from '../../platform/keysInUse.ts'
import { Unavailable } from '../../primitives/unavailable.ts'
import type { MessageEvents } from '../events.ts'
import type { CountedDecision } from '../metrics.ts'
import type { AcceptContext } from '../accept.ts'
import type { MessageClass } from '../../primitives/messageClass.ts'
import type { CheckBacklog } from '../backlogged.ts'
import { acceptBulk } from './acceptBulk.ts'
import type { PartDecision } from './outcome.ts'
import type { BulkDecision, BulkItem, BulkRefusal, BulkRequest, ExplainRefusal } from './types.ts'

/** Accepts a bulk when its turn has come. `isGone`: its client disconnected before that. */
export type AcceptBulk = (
  bulk: BulkRequest,
  explain: ExplainRefusal,
  isGone: () => boolean,
) => Promise<BulkDecision>

export interface BulksSettings extends AcceptContext {
  db: Db
  events: Pick<MessageEvents, 'batchDecided' | 'decided'>
  /** The customers whose bulks are being accepted. */
  customers: KeysInUse<number>
  onAccepted: (type: MessageClass) => void
  checkBacklog: CheckBacklog
}

interface Arrival {
  bulk: BulkRequest
  explain: ExplainRefusal
  isGone: () => boolean
}

/** Bulks of a process at once, each with one transaction at a time: single requests have the other connections. */
const AT_ONCE_MAX = 2
/** Bytes of the bodies that wait. As objects they take a few times as much memory. */
const WAITING_BYTES_MAX = 64 * 1024 * 1024
const WAITING_MAX = 200
/** A bulk of 10,000 takes some seconds. Below the time for which a client commonly waits. */
const WAIT_MAX_MS = 20_000

/** Accepts one bulk of a customer after the other, and those of a few customers at once. */
export function openBulks(settings: BulksSettings): AcceptBulk {
  const { db, customers } = settings
  const batcher = createBatcher<Arrival, BulkDecision>({
    batchWeightMax: 1,
    weigh: ({ bulk }) => bulk.bodyBytes,
    keyOf: ({ bulk }) => bulk.userId,
    maxConcurrency: AT_ONCE_MAX,
    runBatch: (arrivals) =>
      Promise.all(
        arrivals.map(({ bulk, explain }) =>
          customers.during(bulk.userId, async () => {
            const decision = await acceptBulk(db, bulk, {
              ...settings,
              explain,
              onDecided: countBy(settings),
            })
            if (decision.kind === 'backlog')
              settings.events.decided({ type: 'normal', recipients: 0, decision: 'backlog' })
            return decision
          }),
        ),
      ),
    admission: {
      waitingWeightMax: WAITING_BYTES_MAX,
      waitingItemsMax: WAITING_MAX,
      ownerOf: ({ bulk }) => bulk.userId,
      waitMaxMs: WAIT_MAX_MS,
      isGone: ({ isGone }) => isGone(),
      refuse: () =>
        new Unavailable('overloaded', 'Overloaded: too many bulks wait to be accepted. Nothing was charged.'),
    },
  })
  return (bulk, explain, isGone) => batcher.add({ bulk, explain, isGone })
}

/** Each message is a decision, as if it had come alone; an invalid one was never decided. */
function countBy({ events, onAccepted }: BulksSettings) {
  return (items: BulkItem[], decisions: PartDecision[]): void => {
    const requests = items.filter((item) => 'request' in item)
    events.batchDecided({ requests: requests.length })
    const byIndex = new Map(requests.map(({ index, request }) => [index, request]))
    const accepted = new Set<MessageClass>()
    for (const each of decisions) {
      const request = byIndex.get(each.index)
      if (!request) continue
      const { type, recipients } = request
      const decision = 'accepted' in each ? 'accepted' : countedAs(each.refusal)
      events.decided({ type, recipients: recipients.length, decision })
      if (decision === 'accepted') accepted.add(type)
    }
    for (const type of accepted) onAccepted(type)
  }
}

function countedAs(refusal: BulkRefusal): CountedDecision {
  return 'kind' in refusal && refusal.kind !== 'cancelled' ? refusal.kind : 'refused'
}
