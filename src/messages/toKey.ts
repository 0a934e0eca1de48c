import type { RecipientKey } from './recipients.ts'
import { isIdentifier } from '../primitives/identifier.ts'

const RECIPIENT_NO_MAX = 65_535

/** @returns the recipient that a reference of ours names; undefined for any other text. */
export function toKey(reference: string | null): RecipientKey | undefined {
  const [smsIdentifier = '', no = '', ...rest] = (reference ?? '').toLowerCase().split(':')
  const recipientNo = /^[0-9]{1,5}$/.test(no) ? Number(no) : 0
  if (rest.length > 0 || !isIdentifier(smsIdentifier) || recipientNo < 1 || recipientNo > RECIPIENT_NO_MAX)
    return undefined
  return { smsIdentifier, recipientNo }
}
