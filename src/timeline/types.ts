import type { AttemptResult, DeliveryStatus, MissCause, ReceiptState } from '../../db/schema.ts'
import type { FailureView, V1Status } from '../messages/index.ts'
import type { MessageClass } from '../primitives/messageClass.ts'
import type { Waiting } from './explainWaiting.ts'

/** One fact of a message or of a recipient, and when it was so. */
export type Step = { at: Date } & (
  | { step: 'accepted' }
  | { step: 'charged'; amount: number }
  /** `isDelayed`: by the sending window or rate of its customer, which lets the last recipient leave then. */
  | { step: 'scheduled'; until: Date; isDelayed: boolean }
  | {
      step: 'attempt'
      attempt: number
      provider: string
      result: AttemptResult
      reason: string
      /** Null of a first attempt that succeeded, which is kept as its result alone; `at` is then its end. */
      routeReason: string | null
      durationMs: number | null
      /** It went to this operator while another one had not answered. */
      isHedge: boolean
    }
  /** The guarantee was over. `late`: it was handed over this long after it; `unsent`: it failed then. */
  | { step: 'missed'; cause: MissCause; lateByMs: number }
  | { step: 'sent'; provider: string; operatorIds: OperatorId[] }
  | { step: 'quarantined'; reason: string }
  | {
      step: 'receipt'
      provider: string
      state: ReceiptState
      verdict: DeliveryStatus | null
      part: number | null
      code: string | null
      cause: string | null
      doneAt: Date | null
      raw: string
    }
  | { step: 'delivered' }
  | { step: 'undelivered' | 'failed'; failure: FailureView; provider: string }
  | { step: 'cancelled' }
  | { step: 'refunded' | 'released' | 'compensated'; amount: number; reason: string }
  | { step: 'event'; type: string; sequence: number | null }
  | {
      step: 'webhook'
      type: string
      sequence: number
      /** Null for the callback_url of the message. */
      endpointId: string | null
      status: 'pending' | 'delivered' | 'failed'
      attempts: number
      httpStatus: number | null
      error: string | null
      nextAttemptAt: Date | null
    }
)

/** An operator's own identifier of the message, or of a part of it. */
export interface OperatorId {
  provider: string
  part: number | null
  id: string
}

export interface RecipientTimeline {
  recipientNo: number
  recipient: string
  status: V1Status
  isPossibleDuplicate: boolean
  /** In the order of time. */
  steps: Step[]
  /** Null when nothing is to come. */
  waiting: Waiting | null
}

export interface MessageTimeline {
  smsIdentifier: string
  userId: number
  type: MessageClass
  isTest: boolean
  recipients: number
  sendAt: Date | null
  expiresAt: Date | null
  /** Null without a guarantee. */
  guaranteedBy: Date | null
  createdAt: Date
  /** What concerns all recipients. */
  steps: Step[]
  timelines: RecipientTimeline[]
  /** False when there were too many rows for one page, and some steps are left out. */
  isComplete: boolean
  nextAfter: number | null
}
