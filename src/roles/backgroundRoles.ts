import type { ReadinessCheck } from '../platform/http/index.ts'
import type { Lifecycle } from '../platform/lifecycle.ts'
import type { MessageClass } from '../primitives/messageClass.ts'
import { startConsumers } from './consumer.ts'
import type { SharedResources } from './sharedResources.ts'
import { createReceiptsReload } from './reloadReceipts.ts'
import { startReceipts } from './startReceipts.ts'
import { startRelays } from './relay.ts'

/** Roles without an HTTP API. */
export interface BackgroundRoles {
  checks: ReadinessCheck[]
  /** Wakes the relay; without a relay in this process it does nothing. */
  wake: (type: MessageClass) => void
}

/** Starts the background roles of this process. */
export async function startBackgroundRoles(
  resources: SharedResources,
  lifecycle: Lifecycle,
): Promise<BackgroundRoles> {
  const { roles } = resources.config
  const consumers = roles.includes('consumer') ? await startConsumers(resources) : undefined
  for (const part of consumers?.parts ?? []) lifecycle.add(part)
  if (consumers) for (const part of startReceipts(resources, consumers.health)) lifecycle.add(part)
  if (consumers) lifecycle.onHangup(consumers.reload)
  else if (roles.includes('api')) lifecycle.onHangup(createReceiptsReload(resources))
  const relay = roles.includes('relay') ? await startRelays(resources) : undefined
  for (const part of relay?.parts ?? []) lifecycle.add(part)
  return {
    checks: [...(consumers?.checks ?? []), ...(relay?.checks ?? [])],
    wake: (type) => relay?.wake(type),
  }
}
