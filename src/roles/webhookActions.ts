import type { Db } from '../platform/db/index.ts'
import {
  changeEndpoint,
  changeSettings,
  createEndpoint,
  deleteEndpoint,
  listDeliveries,
  listEndpoints,
  readFeed,
  readSettings,
  replay,
  rotateCallbackSecret,
  rotateSecret,
  testEndpoint,
} from '../webhooks/index.ts'
import type { WebhookActions } from '../webhooks/routes/index.ts'

/** What the routes of endpoints, events and their settings call. */
export function webhookActions(
  context: { db: Db; newId: () => string },
  { allowsPrivate }: { allowsPrivate: boolean },
): WebhookActions {
  const { db } = context
  return {
    allowsPrivate,
    listEndpoints: (userId) => listEndpoints(db, userId),
    createEndpoint: (userId, values) => createEndpoint(context, userId, values),
    changeEndpoint: (key, change) => changeEndpoint(context, key, change),
    deleteEndpoint: (key) => deleteEndpoint(db, key),
    rotateSecret: (key) => rotateSecret(db, key),
    rotateCallbackSecret: (userId) => rotateCallbackSecret(db, userId),
    testEndpoint: (key) => testEndpoint(context, key),
    replay: (key, after) => replay(db, key, after),
    listDeliveries: (query) => listDeliveries(db, query),
    readFeed: (query) => readFeed(db, query),
    readEventSettings: (userId) => readSettings(db, userId),
    changeEventSettings: (userId, values) => changeSettings(db, userId, values),
  }
}
