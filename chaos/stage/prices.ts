import type { MessageClass } from '../../src/primitives/messageClass.ts'

/** Of one recipient: what the engine is started with, and what clients know that they owe. */
export const PRICES: Record<MessageClass, number> = { normal: 1, express: 3 }
