/** Money is a whole number of the smallest unit, and never beyond what a JavaScript number holds exactly. */
export const MONEY_MAX = Number.MAX_SAFE_INTEGER
