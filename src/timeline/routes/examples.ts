import type { z } from 'zod'
import type { AdminTimelineAnswer, TimelineAnswer } from './timelineFields.ts'
import type { TimelineStep } from './stepFields.ts'

const UNAVAILABLE: z.input<typeof TimelineStep> = {
  ...{ step: 'attempt', at: '2026-01-19T08:30:00.201Z', attempt: 1, provider: 'operator-a' },
  ...{ result: 'unavailable', detail: 'HTTP 503', route: 'default route', duration_ms: 41 },
}
const ACCEPTED: z.input<typeof TimelineStep> = {
  ...UNAVAILABLE,
  ...{
    at: '2026-01-19T08:30:00.243Z',
    provider: 'operator-b',
    result: 'accepted',
    detail: '',
    duration_ms: 63,
  },
}

const MESSAGE = {
  id: '019bd5a1-4c2e-7f30-9a6b-2d8e5c71f043',
  type: 'normal',
  recipients: 2,
  send_at: null,
  expires_at: null,
  guaranteed_by: null,
  created_at: '2026-01-19T08:30:00.142Z',
  next_cursor: null,
  steps: [
    { step: 'accepted', at: '2026-01-19T08:30:00.142Z' },
    { step: 'charged', at: '2026-01-19T08:30:00.142Z', amount_cents: 2 },
  ],
} satisfies Partial<z.input<typeof TimelineAnswer>>

const SENT: z.input<typeof TimelineStep> = {
  ...{ step: 'sent', at: '2026-01-19T08:30:00.311Z', provider: 'operator-b' },
}

const WAITING: z.input<typeof TimelineAnswer>['timelines'][number] = {
  ...{ to: '+989120000002', status: 'FAILED_TEMP', steps: [UNAVAILABLE] },
  waiting: {
    ...{
      for: 'retry',
      detail: 'Its next attempt is at 2026-01-19T08:30:14.870Z, after: HTTP 503.',
      since: null,
    },
    ...{ until: '2026-01-19T08:30:14.870Z', recipients_before: null },
    hand_over_estimated_at: '2026-01-19T08:30:14.870Z',
  },
}

export const EXAMPLE_TIMELINE: z.input<typeof TimelineAnswer> = {
  ...MESSAGE,
  timelines: [
    { ...{ to: '+989120000001', status: 'SENT', waiting: null }, steps: [UNAVAILABLE, ACCEPTED, SENT] },
    WAITING,
  ],
}

export const EXAMPLE_ADMIN_TIMELINE: z.input<typeof AdminTimelineAnswer> = {
  ...MESSAGE,
  user_id: 1,
  timelines: [
    {
      ...{ recipient_no: 1, to: '+989120000001', status: 'SENT', waiting: null },
      steps: [
        UNAVAILABLE,
        ACCEPTED,
        { ...SENT, operator_messages: [{ provider: 'operator-b', part: null, id: '9C41' }] },
      ],
    },
    { recipient_no: 2, ...WAITING },
  ],
}
