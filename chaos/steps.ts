/** Roles, as processes of their own. */
export const ROLES = ['api', 'relay', 'consumer'] as const
export type Role = (typeof ROLES)[number]

/**
 * The instants at which a process dies or freezes, as the code announces them (src/platform/steps.ts): before and after
 * each commit, each publish and each answer of an operator.
 */
export const STEPS: Record<Role, readonly string[]> = {
  api: ['messages.accept committing', 'messages.accept committed'],
  relay: ['outbox.claim committing', 'outbox.claim committed', 'relay published', 'relay confirmed'],
  consumer: [
    'delivery received',
    'delivery.claim committing',
    'delivery.claim committed',
    'delivery answered',
    'delivery.settle committing',
    'delivery.settle committed',
  ],
}
