/** The two classes of traffic; each has its own queue, loops, connections and budget. A batch never mixes them. */
export type MessageClass = 'normal' | 'express'

export const CLASSES: readonly MessageClass[] = ['express', 'normal']
