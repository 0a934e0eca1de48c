import type { OperatorAdapter } from './contract.ts'
import { httpAdapter } from './http/adapter.ts'
import { BATCH_SIZE_MAX } from './http/protocol.ts'

/** What every adapter is made of. */
export interface AdapterOptions {
  name: string
  url: string
  connections: number
  batchSizeMax: number
  idleTimeoutMs: number
}

interface Protocol {
  urlSchemes: string[]
  batchSizeMax: number
  open: (options: AdapterOptions) => OperatorAdapter
}

/** Every protocol that an operator can be configured with. */
export const PROTOCOLS = {
  'chapar-http': { urlSchemes: ['http', 'https'], batchSizeMax: BATCH_SIZE_MAX, open: httpAdapter },
} satisfies Record<string, Protocol>

export type ProtocolName = keyof typeof PROTOCOLS
