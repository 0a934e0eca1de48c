import type { OperatorConfig } from '../../src/operators/index.ts'
import { CLASSES } from '../../src/primitives/messageClass.ts'

type ChaparHttp = Extract<OperatorConfig, { protocol: 'chapar-http' }>

/** An operator's configuration with everything at its default but what is given. */
export function operatorOf(config: Pick<ChaparHttp, 'name' | 'url'> & Partial<ChaparHttp>): ChaparHttp {
  return {
    protocol: 'chapar-http',
    connections: 4,
    batchSizeMax: 100,
    idleTimeoutMs: 1_000,
    classes: CLASSES,
    throughput: null,
    senders: null,
    deduplicatesReferences: false,
    keepsOurReference: true,
    ...config,
  }
}
