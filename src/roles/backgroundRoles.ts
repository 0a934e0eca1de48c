import type { ReadinessCheck } from '../platform/http/index.ts'
import type { Lifecycle } from '../platform/lifecycle.ts'
import type { MessageClass } from '../primitives/messageClass.ts'
import { startConsumers } from './consumer.ts'
import type { SharedResources } from './sharedResources.ts'
import { startRelays } from './relay.ts'

/** The roles that serve nobody and work by themselves. */
export interface BackgroundRoles {
  checks: ReadinessCheck[]
  /** There is something to relay; nothing happens where no relay runs. */
  wake: (type: MessageClass) => void
}

/** Starts those of them that this process has. */
export async function startBackgroundRoles(
  foundation: SharedResources,
  lifecycle: Lifecycle,
): Promise<BackgroundRoles> {
  const { roles } = foundation.config
  const consumers = roles.includes('consumer') ? await startConsumers(foundation) : undefined
  for (const part of consumers?.parts ?? []) lifecycle.add(part)
  const relay = roles.includes('relay') ? await startRelays(foundation) : undefined
  for (const part of relay?.parts ?? []) lifecycle.add(part)
  return {
    checks: [...(consumers?.checks ?? []), ...(relay?.checks ?? [])],
    wake: (type) => relay?.wake(type),
  }
}
