import { grantSlice } from './grantSlice.ts'
import type { LeaseQuota } from './leaseQuota.ts'

/** Quota of this process alone, where no other calls the operators. */
export function openLocalLease(now: () => number = () => performance.now()): LeaseQuota {
  const leasedUntilUs = new Map<string, number>()
  return (operator, messageClass, costMs) => {
    const state = {
      leasedUntilUs: leasedUntilUs.get(operator) ?? -Infinity,
      ...{ nowUs: now() * 1_000, costUs: costMs * 1_000 },
    }
    const grant = grantSlice(messageClass, state)
    if (grant.kind === 'later') return Promise.resolve({ kind: 'later', atMs: grant.atUs / 1_000 })
    leasedUntilUs.set(operator, grant.endsAtUs)
    return Promise.resolve({ kind: 'granted', startsAtMs: grant.startsAtUs / 1_000 })
  }
}
