import { smppOptionsSchema } from '../../../src/operators/smpp/config.ts'
import type { SmppInput } from '../../../src/operators/smpp/config.ts'
import type { SmppOperator } from '../../../src/operators/smpp/adapter.ts'

/** An SMPP operator with everything at its default but what is given, and quick to come back. */
export function smppOf(input: Omit<SmppInput, 'system_id'>): SmppOperator {
  const timers = { reconnect_min: '10ms', reconnect_max: '50ms', ...input.timers }
  return { name: 'a', ...smppOptionsSchema.parse({ system_id: 'chapar', ...input, timers }) }
}
