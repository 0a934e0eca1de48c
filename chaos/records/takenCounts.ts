/** One reference in memory: 16 bytes of the message's identifier, the recipient's number, the count and a mark. */
const WORDS = 5
const SLOTS_FIRST = 1 << 12
/** Beyond this share of the slots a look-up passes too many others. */
const LOAD_MAX = 0.75
const COUNT_MAX = 0x7fff
const SEEN = 0x8000

/**
 * How often each recipient was taken, for millions of them: 20 bytes a slot, 27 to 54 bytes a reference, where a map
 * of texts has some 200. Two records of 3 million references take 168 MB, and half as much more while it grows.
 */
export class TakenCounts {
  #slots = new Uint32Array(SLOTS_FIRST * WORDS)
  #size = 0
  #repeated = 0

  get size(): number {
    return this.#size
  }

  /** References that were taken more than once. */
  get repeated(): number {
    return this.#repeated
  }

  /** Adds `times` takings, at least one. Counts stop at 32,767. */
  add(id: Buffer, recipientNo: number, times: number): void {
    if (this.#size >= this.#count * LOAD_MAX) this.#grow()
    const key = keyOf(id, recipientNo)
    const at = this.#find(key)
    const meta = this.#slots[at + 4] as number
    const before = meta & COUNT_MAX
    if (before === 0) {
      this.#slots.set(key, at)
      this.#size++
    }
    const count = Math.min(COUNT_MAX, before + times)
    if (before <= 1 && count > 1) this.#repeated++
    this.#slots[at + 4] = recipientNo * 0x10000 + ((meta & SEEN) | count)
  }

  /** @returns how often it was taken, and marks the reference as known to the tables. */
  see(id: Buffer, recipientNo: number): number {
    const at = this.#find(keyOf(id, recipientNo))
    const meta = this.#slots[at + 4] as number
    if (meta === 0) return 0
    this.#slots[at + 4] = (meta | SEEN) >>> 0
    return meta & COUNT_MAX
  }

  /** References that `see` was never called for. */
  *unseen(): Generator<{ id: Buffer; recipientNo: number; count: number }> {
    for (let at = 0; at < this.#slots.length; at += WORDS) {
      const meta = this.#slots[at + 4] as number
      if (meta === 0 || (meta & SEEN) !== 0) continue
      const id = Buffer.alloc(16)
      for (let word = 0; word < 4; word++) id.writeUInt32BE(this.#slots[at + word] as number, word * 4)
      yield { id, recipientNo: meta >>> 16, count: meta & COUNT_MAX }
    }
  }

  get #count(): number {
    return this.#slots.length / WORDS
  }

  /** The slot of a key, or the free one where it belongs: there is always one. */
  #find(key: Key): number {
    const mask = this.#count - 1
    for (let slot = hashOf(key) & mask; ; slot = (slot + 1) & mask) {
      const at = slot * WORDS
      const meta = this.#slots[at + 4] as number
      if (meta === 0 || (meta >>> 16 === key[4] && this.#holds(at, key))) return at
    }
  }

  #holds(at: number, key: Key): boolean {
    for (let word = 0; word < 4; word++) if (this.#slots[at + word] !== key[word]) return false
    return true
  }

  #grow(): void {
    const old = this.#slots
    this.#slots = new Uint32Array(old.length * 2)
    for (let at = 0; at < old.length; at += WORDS) {
      const meta = old[at + 4] as number
      if (meta === 0) continue
      const words = old.subarray(at, at + WORDS)
      const key = [words[0], words[1], words[2], words[3], meta >>> 16] as Key
      this.#slots.set(words, this.#find(key))
    }
  }
}

/** The identifier's four words, and the recipient's number. */
type Key = [number, number, number, number, number]

function keyOf(id: Buffer, recipientNo: number): Key {
  return [id.readUInt32BE(0), id.readUInt32BE(4), id.readUInt32BE(8), id.readUInt32BE(12), recipientNo]
}

/** The last words of an identifier are random; the others and the number tell those of one time and one request apart. */
function hashOf(key: Key): number {
  let hash = 0
  for (const word of key) hash = Math.imul(hash ^ word, 0x9e3779b1) ^ (hash >>> 15)
  hash ^= hash >>> 16
  return Math.imul(hash, 0x85ebca6b) >>> 0
}
