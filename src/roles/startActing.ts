import { createPerformers, keepActing } from '../ops/index.ts'
import type { DeadLetterActions } from '../ops/index.ts'
import { dropDeadLetters, listDeadLetters, replayDeadLetters } from '../outbox/deadLetters/deadLetters.ts'
import { queuesOf } from '../outbox/index.ts'
import type { Part } from '../platform/lifecycle.ts'
import type { MessageClass } from '../primitives/messageClass.ts'
import type { Config } from './config.ts'
import type { SharedResources } from './sharedResources.ts'

/** The relay carries out what people ask for on the operations page: it has a connection to the broker. */
export function startActing({ config, pools, logger, newId }: SharedResources): Part {
  const db = pools.work.normal
  const acting = keepActing({
    ...{ db, logger },
    performers: createPerformers({ db, newId, deadLetters: deadLetterActions(config) }),
  })
  return { name: 'actions', takesWork: true, close: () => acting.close() }
}

function deadLetterActions({ amqpUrl, queues }: Pick<Config, 'amqpUrl' | 'queues'>): DeadLetterActions {
  const query = (type: MessageClass, ids: readonly string[]) => ({
    ...{ url: amqpUrl, ...queuesOf(queues)[type], ids: new Set(ids) },
  })
  return {
    list: (type) => listDeadLetters(query(type, [])),
    replay: (type, ids) => replayDeadLetters(query(type, ids)),
    drop: (type, ids) => dropDeadLetters(query(type, ids)),
  }
}
