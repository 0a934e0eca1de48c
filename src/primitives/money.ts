/** Money is a whole number of the smallest unit, and never beyond what a JavaScript number holds exactly. */
export const MONEY_MAX = Number.MAX_SAFE_INTEGER

/**
 * A balance can be topped up to half of that. The other half is room for refunds: one that could not be written would
 * keep its message unfinished for ever.
 */
export const TOPPED_UP_MAX = 2 ** 52
