import type { OperatorConfig } from '../../src/operators/index.ts'

/** An operator's configuration with everything at its default but what is given. */
export function operatorOf(
  config: Pick<OperatorConfig, 'name' | 'url'> & Partial<OperatorConfig>,
): OperatorConfig {
  return {
    protocol: 'chapar-http',
    connections: 4,
    batchSizeMax: 100,
    idleTimeoutMs: 1_000,
    deduplicatesReferences: false,
    keepsOurReference: true,
    ...config,
  }
}
