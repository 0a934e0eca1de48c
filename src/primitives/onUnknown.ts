/** What is done with a message while it is not known whether an operator took it: it is sent again, or never. */
export const ON_UNKNOWN = ['retry', 'hold'] as const
export type OnUnknown = (typeof ON_UNKNOWN)[number]
