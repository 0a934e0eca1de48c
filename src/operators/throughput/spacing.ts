/**
 * What is kept free, so that calls that begin some milliseconds late stay within the bound: with it, 97 % of a bound of 100
 * parts a second is used, and 45 ms of delay exceed it by less than 5 %.
 */
const USED_SHARE = 0.98
/** Parts of one call, as a share of a second: the call comes at one instant, so it must be small beside the bound. */
const CALL_SHARE = 1 / 40

/** @returns the most parts of one call; a message with more goes alone. */
export function partsOfCallMax(partsPerSecond: number): number {
  return Math.max(1, Math.floor(partsPerSecond * CALL_SHARE))
}

/**
 * @returns how much of an operator's time a call takes. Calls of equal size never come to more than the bound in any second:
 * of calls of 3 parts, 3 fit into a second with 10 parts, and not 3⅓.
 */
export function spacingMs(parts: number, partsPerSecond: number): number {
  const callsPerSecond = parts < partsPerSecond ? Math.floor(partsPerSecond / parts) : partsPerSecond / parts
  return 1_000 / callsPerSecond / USED_SHARE
}
