import type { Random } from '../random.ts'
import type { Hook } from './endpointServer.ts'

/** An endpoint that a customer created. */
export interface CreatedHook {
  hook: Hook
  endpointId: string
  /** The number after which it gets every event. */
  position: number
  /** What it asked for; null: everything. */
  types: readonly string[] | null
}

/** A customer whose messages make events from now on. */
export interface CustomerEvents {
  hooks: readonly CreatedHook[]
  /** By their addresses, those of messages alone. */
  callbacks: ReadonlyMap<string, Hook>
  /** @returns the callback_url of a message, if it has one. */
  drawCallback(random: Random, mark: string): string | undefined
}
