/** When a recipient's price is captured; until then it is held. `acceptance`: it is never held. */
export const CHARGING = ['acceptance', 'hand_over', 'delivery'] as const
export type Charging = (typeof CHARGING)[number]
