import { referenceOf, toKey } from '../messages/index.ts'
import type { Receipt } from '../operators/index.ts'
import { matchKeyOf, recodedKeysOf } from './recodings.ts'

/** Lower case may be longer than what it was made of. */
const KEY_LENGTH_MAX = 64

/** @returns what a receipt that matched nothing waits under; null if it names nothing. */
export function waitKeyOf(receipt: Receipt): string | null {
  return waitKeysOf(receipt)[0] ?? null
}

/** @returns what earlier receipts for the same message may wait under, in whatever notation they have its identifier. */
export function waitKeysOf({ reference, operatorMessageId: id }: Receipt): string[] {
  const key = toKey(reference)
  const ofIdentifier = id === null ? [] : [matchKeyOf(id), ...recodedKeysOf(id)]
  return [...(key ? [referenceOf(key)] : []), ...ofIdentifier].map(toColumn)
}

function toColumn(key: string): string {
  return key.slice(0, KEY_LENGTH_MAX).toWellFormed()
}
