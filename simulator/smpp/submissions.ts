import type { PduOf } from '../../src/operators/smpp/codec/index.ts'
import type { Channel, Reaction, SendReceipt, SimulatedOperator, Taking } from '../operator.ts'
import { SubmissionRecord } from '../record.ts'
import { createAssembler } from './assembler.ts'
import { readPart } from './readPart.ts'
import type { SubmittedPart } from './readPart.ts'
import { smppPartReference, smppReference } from './references.ts'

/** What came over SMPP: each submit_sm is a call, parts have a record of their own, and messages the operator's. */
export interface SmppSubmissions {
  readonly parts: SubmissionRecord
  /** Messages that lack parts. */
  open(): number
  /** @returns the reaction to a submit_sm, or what is wrong with it: then it is written down nowhere. */
  react(pdu: PduOf<'submit_sm'>): Reaction | string
  forget(): void
}

type Message = Pick<SubmittedPart, 'to' | 'from' | 'text'>

export function openSubmissions(
  operator: SimulatedOperator,
  referencesMax: number,
  sendReceiptOf: (part: SubmittedPart) => SendReceipt,
): SmppSubmissions {
  const parts = new SubmissionRecord(referencesMax)
  const assembler = createAssembler()
  const { record } = operator

  const noteMessage = (message: Message, outcome: string, takings: Taking[]) => {
    const { to, from, text } = message
    const reference = smppReference(to, text)
    record.note({ reference, to, from }, outcome, takings.length > 0)
    record.annotate(reference, { text, messageIds: takings.map(({ messageId }) => messageId) })
    if (takings.length > 0) record.noteReceipt(reference, combineReceipts(takings))
  }
  const notePart = (
    reference: string,
    { to, from, text }: Message,
    outcome: string,
    taking: Taking | null,
  ) => {
    parts.note({ reference, to, from }, outcome, taking !== null)
    parts.annotate(reference, { text, messageIds: taking ? [taking.messageId] : [] })
    if (taking) parts.noteReceipt(reference, taking.receipt)
  }
  const channelFor = (part: SubmittedPart): Channel => ({
    receiptBy: 'message_id',
    sendReceipt: part.receiptsWanted === 'none' ? undefined : sendReceiptOf(part),
    note({ reference }, outcome, drawn) {
      const taking = drawn && { ...drawn, receipt: isTold(part, drawn.receipt) ? drawn.receipt : null }
      if (part.place) notePart(reference, part, outcome, taking)
      else if (!taking) noteMessage(part, outcome, [])
      const whole = taking && assembler.add(part, taking)
      if (whole) noteMessage(whole, outcome, whole.takings)
    },
  })
  return {
    parts,
    open: () => assembler.open(),
    react(pdu) {
      const part = readPart(pdu)
      if (typeof part === 'string') return part
      const { to, from, text, place } = part
      const reference = place ? smppPartReference(to, text, place) : smppReference(to, text)
      return operator.react([{ reference, to, from, text }], channelFor(part))
    },
    forget() {
      parts.clear()
      assembler.clear()
    },
  }
}

/** Whether a client that wants certain receipts gets one that says this. */
export function isTold({ receiptsWanted }: SubmittedPart, status: string | null): boolean {
  return receiptsWanted === 'all' || (receiptsWanted === 'failures' && status === 'undelivered')
}

/** A message is delivered when all of its parts are, and undelivered when one is not. */
function combineReceipts(takings: Taking[]): Taking['receipt'] {
  if (takings.some(({ receipt }) => receipt === 'undelivered')) return 'undelivered'
  return takings.every(({ receipt }) => receipt === 'delivered') ? 'delivered' : null
}
