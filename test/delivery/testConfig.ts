import type { OperatorConfig } from '../../src/operators/index.ts'

/** An operator by HTTP, as the environment configures it. */
export function testConfig(name: string, url: string): OperatorConfig {
  return {
    ...{ name, url, protocol: 'chapar-http', connections: 32, batchSizeMax: 100, idleTimeoutMs: 1_000 },
    ...{ deduplicatesReferences: false, keepsOurReference: false },
  }
}
