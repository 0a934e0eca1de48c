import type { ReceiptCause, ReceiptReader } from '../contract.ts'
import { readReceipts } from '../httpTemplate/readReceipts.ts'
import type { ReceiptFormat } from '../httpTemplate/config.ts'

/** Twilio's status callback. It has no time of delivery that is in a known zone. */
const FORMAT: ReceiptFormat = {
  from: 'form',
  identifier: 'MessageSid',
  status: 'MessageStatus',
  statuses: {
    delivered: ['delivered', 'read'],
    undelivered: ['undelivered', 'failed', 'canceled'],
    pending: ['accepted', 'scheduled', 'queued', 'sending', 'sent'],
  },
  error: 'ErrorCode',
  answer: { status: 204, body: '' },
}

/** Codes of Twilio's dictionary (https://www.twilio.com/docs/api/errors); the operators' file may say it otherwise. */
export const TWILIO_CAUSES: Readonly<Record<string, ReceiptCause>> = {
  '21610': 'blocked',
  '30003': 'absent_subscriber',
  '30004': 'blocked',
  '30005': 'invalid_number',
  '30006': 'invalid_number',
  '30007': 'spam',
  '30008': 'network_error',
  '30036': 'expired',
}

/** A callback is one receipt, of the whole message. Its signature was verified before. */
export const twilioReceipts: ReceiptReader = {
  pack: ({ body }) => (body.length === 0 ? { fault: 'The body is empty.' } : { raw: body }),
  read: (raw, { timeZone }) => readReceipts(FORMAT, raw, timeZone),
  answer: () => FORMAT.answer,
}
