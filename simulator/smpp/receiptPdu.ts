import { knownTlvs } from '../../src/operators/smpp/codec/index.ts'
import type { PduToSend } from '../../src/operators/smpp/codec/index.ts'
import type { Behaviour } from '../behaviour.ts'
import type { WireReceipt } from '../receipts/drawReceipts.ts'
import type { SubmittedPart } from './readPart.ts'

export type ReceiptFormat = Behaviour['smppReceiptFormat']

/** A receipt, and what it is of. */
export interface PartReceipt {
  receipt: WireReceipt
  part: SubmittedPart
  submittedAtMs: number
  format: Exclude<ReceiptFormat, 'mixed'>
}

const RECEIPT = 0x04
/** As much of the message as a receipt quotes. */
const QUOTED_CHARACTERS = 20
/** GSM, in a network_error_code. */
const NETWORK_TYPE = 3
const NO_ERROR = '000'
/** The zone of the dates that have an offset, in quarters of an hour: they are not in UTC, so that it counts. */
const OFFSET_QUARTERS = 12
const QUARTER_MS = 900_000

const WORDS = new Map([
  ['delivered', 'DELIVRD'],
  ['undelivered', 'UNDELIV'],
])
const STATES = new Map([
  ['delivered', 2],
  ['undelivered', 5],
])
const ENROUTE = { word: 'ENROUTE', state: 1 }

/** The deliver_sm of a receipt: from the number that the message was to, without its sequence number. */
export function receiptPdu(given: PartReceipt): Omit<PduToSend<'deliver_sm'>, 'sequence'> {
  const { part, receipt, format } = given
  const isText = format !== 'parameters'
  const tlvs = knownTlvs({
    receiptedMessageId: receipt.message_id ?? '',
    messageState: STATES.get(receipt.status) ?? ENROUTE.state,
    networkErrorCode: { networkType: NETWORK_TYPE, errorCode: Number(receipt.error_code) || 0 },
  })
  return {
    command: 'deliver_sm',
    ...{ sourceAddrTon: 1, sourceAddrNpi: 1, sourceAddr: part.to.replace(/^\+/, '') },
    destinationAddr: part.from ?? '',
    esmClass: RECEIPT,
    shortMessage: isText ? Buffer.from(textOf(given), 'latin1') : Buffer.alloc(0),
    tlvs: isText ? [] : tlvs,
  }
}

function textOf({ receipt, part, submittedAtMs, format }: PartReceipt): string {
  const date = (ms: number) => dateOf(ms, format)
  const isDelivered = receipt.status === 'delivered'
  const counts = format === 'text-without-counts' ? '' : `sub:001 dlvrd:00${isDelivered ? 1 : 0} `
  const quoted = part.text.slice(0, QUOTED_CHARACTERS).replace(/[^ -~]/g, '?')
  return (
    `id:${receipt.message_id ?? ''} ${counts}submit date:${date(submittedAtMs)} ` +
    `done date:${date(Date.parse(receipt.done_at))} stat:${WORDS.get(receipt.status) ?? ENROUTE.word} ` +
    `err:${receipt.error_code ?? NO_ERROR} text:${quoted}`
  )
}

/** YYMMDDhhmm in UTC, with seconds, or as an absolute time of SMPP. */
function dateOf(ms: number, format: ReceiptFormat): string {
  const digits = (atMs: number) => new Date(atMs).toISOString().replace(/[-:T]/g, '').slice(2, 14)
  if (format === 'text-with-seconds') return digits(ms)
  if (format === 'text-with-offset') return `${digits(ms + OFFSET_QUARTERS * QUARTER_MS)}0${OFFSET_QUARTERS}+`
  return digits(ms).slice(0, 'YYMMDDhhmm'.length)
}
