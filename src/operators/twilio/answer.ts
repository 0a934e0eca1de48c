import type { AnswerConfig } from '../httpTemplate/config.ts'

/**
 * What Twilio's answers mean: 201 with the message's state when it takes one; an error has a status from 400 on and a
 * code of its dictionary (https://www.twilio.com/docs/api/errors). A code that is not listed leaves the meaning to the
 * status.
 */
export const TWILIO_ANSWER: AnswerConfig = {
  format: 'json',
  items: undefined,
  identifier: '/sid',
  reason: '/message',
  rules: [
    {
      at: '/code',
      means: {
        // The number: invalid, not reachable by SMS, a landline, unsubscribed by STOP, the sender itself.
        rejected: ['21211', '21214', '21217', '21265', '21610', '21614', '21266', '21604', '21635'],
        // This account or sender may not send it; another operator may.
        refused: [
          ...['21212', '21408', '21602', '21603', '21606', '21608', '21612', '21617', '21618', '21619'],
          ...['21659', '21660', '21661', '21703', '21704', '21705', '21712'],
        ],
        // Calls, or the queue of one sender.
        throttled: ['429', '14107', '20429', '21611'],
        // Credentials, a suspended account, the service itself.
        unavailable: ['10001', '20003', '20005', '20008', '20403', '20404', '20503', '30002'],
      },
      any: undefined,
    },
    {
      at: '/status',
      means: {
        accepted: ['accepted', 'scheduled', 'queued', 'sending', 'sent', 'delivered'],
        refused: ['failed', 'undelivered', 'canceled'],
      },
      any: undefined,
    },
  ],
  statuses: {},
}
