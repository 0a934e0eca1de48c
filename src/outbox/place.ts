import { sql } from 'kysely'
import type { RawBuilder } from 'kysely'

/** A place in the order of a lane. */
export interface Place {
  key: number
  id: Buffer
}

/** Lower than every identifier. */
const FIRST_ID = Buffer.alloc(16)

/** @returns the place in front of all rows of a key. */
export function placeOf(key: number): Place {
  return { key, id: FIRST_ID }
}

export function lowerOf(a: Place, b: Place): Place {
  return (a.key - b.key || Buffer.compare(a.id, b.id)) <= 0 ? a : b
}

/**
 * One range from the key on. Two, of which one begins at the identifier, would each run to the end of the lane over
 * dead entries when they find too little (decision 0016).
 */
export function atOrAfter({ key, id }: Place): RawBuilder<boolean> {
  return sql`order_key >= ${key} AND (order_key > ${key} OR id >= ${id})`
}

export function afterPlace({ key, id }: Place): RawBuilder<boolean> {
  return sql`order_key >= ${key} AND (order_key > ${key} OR id > ${id})`
}
