import type { Route } from '../../platform/http/index.ts'
import type { EndpointActions } from './actions.ts'
import { deliveriesRoute } from './deliveries.ts'
import { endpointRoutes } from './endpoints.ts'
import { feedRoute } from './feed.ts'
import type { ReadFeed } from './feed.ts'
import { changeSettingsRoute, readSettingsRoute } from './settings.ts'
import type { SettingsActions } from './settings.ts'

/** What the routes of events and webhooks need. */
export interface WebhookActions extends SettingsActions, EndpointActions {
  readFeed: ReadFeed
}

export function webhookRoutes(actions: WebhookActions): Route[] {
  return [
    feedRoute(actions.readFeed),
    readSettingsRoute(actions),
    changeSettingsRoute(actions),
    ...endpointRoutes(actions),
    deliveriesRoute(actions),
  ]
}
