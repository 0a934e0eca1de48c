import { meanBy, quantileBy, rateBy } from './panel.ts'
import type { Dashboard, Panel } from './panel.ts'

const PUBLISHED = 'chapar_published_age_seconds'
const CLAIMED = 'chapar_claimed_age_seconds'
const HANDED_OVER = 'chapar_end_to_end_seconds'

/** Means can be subtracted, percentiles cannot. */
function hopsOf(messageClass: 'express' | 'normal'): Panel {
  const mean = (histogram: string) =>
    meanBy('class', histogram).replaceAll(/(_sum|_count)\[/g, `$1{class="${messageClass}"}[`)
  return {
    title: `Mean wait of ${messageClass} messages at each hop`,
    unit: 's',
    isStacked: true,
    queries: [
      [mean(PUBLISHED), 'accepted to published'],
      [`clamp_min(${mean(CLAIMED)} - ${mean(PUBLISHED)}, 0)`, 'published to claimed'],
      [`clamp_min(${mean(HANDED_OVER)} - ${mean(CLAIMED)}, 0)`, 'claimed to handed over'],
    ],
  }
}

const ages = (title: string, histogram: string): Panel => ({
  title,
  unit: 's',
  queries: [0.5, 0.99].map((quantile) => [
    quantileBy('class', quantile, histogram),
    `{{class}} p${quantile * 100}`,
  ]),
})

export const PATH: Dashboard = {
  uid: 'chapar-path',
  title: 'path of a message',
  panels: [
    hopsOf('express'),
    hopsOf('normal'),
    {
      title: 'Acceptance: requests in one transaction',
      unit: 'short',
      queries: [
        [
          `${rateBy('job', 'chapar_accept_batch_requests_sum')} / ${rateBy('job', 'chapar_accept_batch_requests_count')}`,
          'mean',
        ],
      ],
    },
    {
      title: 'Relay: envelopes and rows that came due again',
      unit: 'ops',
      queries: [
        [rateBy('class, result', 'chapar_published_envelopes_total'), '{{class}} {{result}}'],
        [rateBy('class', 'chapar_outbox_due_rows_total'), '{{class}} due again'],
      ],
    },
    ages('Age when published', PUBLISHED),
    ages('Age when claimed', CLAIMED),
    ages('Age when handed over', HANDED_OVER),
    {
      title: 'Operator calls: in use, waiting and limit',
      unit: 'short',
      queries: [['sum by (class, state) (chapar_delivery_slots{resource="calls"})', '{{class}} {{state}}']],
    },
    {
      title: 'Failed steps',
      unit: 'ops',
      queries: [
        [rateBy('class', 'chapar_relay_failures_total'), 'relay {{class}}'],
        [rateBy('class, step', 'chapar_delivery_failures_total'), '{{step}} {{class}}'],
      ],
    },
    {
      title: 'Leases taken over and possible duplicates',
      unit: 'ops',
      queries: [
        [rateBy('class', 'chapar_leases_taken_over_total'), '{{class}} taken over'],
        [rateBy('class', 'chapar_possible_duplicates_total'), '{{class}} possible duplicates'],
      ],
    },
    {
      title: 'Webhooks: attempts by result',
      unit: 'ops',
      queries: [[rateBy('result', 'chapar_webhook_attempts_total'), '{{result}}']],
    },
    {
      title: 'Event loop delay, 99th percentile',
      unit: 's',
      queries: [['max by (instance) (nodejs_eventloop_lag_p99_seconds)', '{{instance}}']],
    },
  ],
}
