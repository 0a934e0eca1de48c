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

/** Two ranges, so that the index is entered at the place itself however many rows share its key. */
export function atOrAfter({ key, id }: Place): RawBuilder<boolean> {
  return sql`(order_key > ${key} OR (order_key = ${key} AND id >= ${id}))`
}

export function afterPlace({ key, id }: Place): RawBuilder<boolean> {
  return sql`(order_key > ${key} OR (order_key = ${key} AND id > ${id}))`
}
