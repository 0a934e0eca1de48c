import type { OperatorAdapter } from './contract.ts'
import { httpAdapter } from './http/adapter.ts'

/** One operator as it is configured. */
export interface OperatorConfig {
  name: string
  protocol: 'chapar-http'
  url: string
  /** Shared by both classes. */
  connections: number
  batchSizeMax: number
  idleTimeoutMs: number
  deduplicatesReferences: boolean
  keepsOurReference: boolean
}

export function createAdapter(config: OperatorConfig): OperatorAdapter {
  return httpAdapter(config)
}
