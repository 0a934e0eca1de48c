/** Roles, as processes of their own. */
export const ROLES = ['api', 'relay', 'consumer'] as const
export type Role = (typeof ROLES)[number]

/** The older program has none of these. */
const NEW_STEPS = /^(?:receipts|events|webhooks|reports|delivery\.release|delivery\.compensate)[. ]/
/** Only after the last upgrade there are events, held prices and compensations, so that no run may be expected to meet each of these. */
export const EVENT_STEPS: readonly string[] = [
  'delivery.release committing',
  'delivery.release committed',
  'delivery.compensate committing',
  'delivery.compensate committed',
  'events.sequence committing',
  'events.sequence committed',
  'webhooks.record committing',
  'webhooks.record committed',
]

/**
 * The instants at which a process dies or freezes, as the code announces them (src/platform/steps.ts): before and after
 * each commit, each publish and each answer of an operator.
 */
export const STEPS: Record<Role, readonly string[]> = {
  api: [
    'messages.accept committing',
    'messages.accept committed',
    'messages.accept_bulk committing',
    'messages.accept_bulk committed',
    'ledger.top_up committing',
    'ledger.top_up committed',
    'delivery.cancel committing',
    'delivery.cancel committed',
    'receipts.store committing',
    'receipts.store committed',
  ],
  relay: [
    'outbox.claim committing',
    'outbox.claim committed',
    'relay published',
    'relay confirmed',
    'delivery.expire committing',
    'delivery.expire committed',
    'reports.fold committing',
    'reports.fold committed',
    ...EVENT_STEPS,
  ],
  consumer: [
    'delivery received',
    'delivery.claim committing',
    'delivery.claim committed',
    'delivery answered',
    'delivery.settle committing',
    'delivery.settle committed',
    'receipts.apply committing',
    'receipts.apply committed',
  ],
}

/** Whether a process can reach a step: one that is armed with another would never die. */
export function isReachable(
  step: string,
  { isOld, hasEvents }: { isOld: boolean; hasEvents: boolean },
): boolean {
  if (isOld && NEW_STEPS.test(step)) return false
  return hasEvents || !EVENT_STEPS.includes(step)
}
