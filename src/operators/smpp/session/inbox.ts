import { encodePdu, responseTo, STATUS } from '../codec/index.ts'
import type { PduOf } from '../codec/index.ts'

/** What an operator sends of its own accord: a receipt, or a message of a handset. */
export type MessagePdu = PduOf<'deliver_sm'> | PduOf<'data_sm'>

/** @returns the status to answer with, once what came is stored. A rejection is answered as a temporary error. */
export type ReceiveMessage = (pdu: MessagePdu, frame: Buffer) => Promise<number>

export interface Inbox {
  /** Answers the message when it is taken care of, and not before. */
  take(pdu: MessagePdu, frame: Buffer): void
  /** Resolves when everything that was taken is answered. */
  whenIdle(): Promise<void>
}

/** Messages that are being stored at once. What comes beyond them is refused for now, and the operator keeps it. */
const IN_PROGRESS_MAX = 1_000

export function openInbox(receive: ReceiveMessage, push: (frame: Buffer) => void): Inbox {
  const inProgress = new Set<Promise<void>>()
  const answer = ({ command, sequence }: MessagePdu, status: number) =>
    push(encodePdu({ command: responseTo(command), sequence, status }))
  const process = async (pdu: MessagePdu, frame: Buffer) => {
    try {
      answer(pdu, await receive(pdu, frame))
    } catch {
      answer(pdu, STATUS.RX_T_APPN)
    }
  }
  return {
    take(pdu, frame) {
      if (inProgress.size >= IN_PROGRESS_MAX) return answer(pdu, STATUS.RX_T_APPN)
      const processing = process(pdu, frame).finally(() => inProgress.delete(processing))
      inProgress.add(processing)
    },
    whenIdle: async () => void (await Promise.all(inProgress)),
  }
}
