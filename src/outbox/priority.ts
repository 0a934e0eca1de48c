import type { MessageClass } from '../primitives/messageClass.ts'

/** The outbox column that tells the classes apart, as the public contract has it: express stands higher. */
export const PRIORITY: Record<MessageClass, number> = { express: 10, normal: 0 }
