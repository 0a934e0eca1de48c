const STEPS = 2 ** 32

/** @returns a number above 0 and up to 1 that looks like chance, the same for the same text in every process. */
export function draw(text: string): number {
  // FNV-1a, whose last bits are then mixed into the first ones as MurmurHash does: alone it hardly tells short texts apart.
  let hash = 0x811c9dc5
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (((hash ^ (hash >>> 16)) >>> 0) + 1) / STEPS
}
