import { rateBy } from './panel.ts'
import type { Dashboard } from './panel.ts'

export const MONEY: Dashboard = {
  uid: 'chapar-money',
  title: 'money',
  panels: [
    {
      title: 'Send requests by decision',
      unit: 'ops',
      queries: [[rateBy('decision', 'chapar_accept_decisions_total'), '{{decision}}']],
    },
    {
      title: 'Recipients charged and refunded',
      unit: 'ops',
      queries: [
        [rateBy('class', 'chapar_accepted_recipients_total'), '{{class}} charged'],
        [rateBy('class', 'chapar_refunds_total'), '{{class}} refunded'],
        [rateBy('class', 'chapar_expired_recipients_total'), '{{class}} expired'],
        [rateBy('job', 'chapar_cancelled_recipients_total'), 'cancelled'],
      ],
    },
    {
      title: 'Refunded money, smallest unit a second',
      unit: 'short',
      queries: [[rateBy('class', 'chapar_refunded_amount_total'), '{{class}}']],
    },
    {
      title: 'Share of recipients that are refunded',
      unit: 'percentunit',
      queries: [
        ['chapar:refunds:ratio_rate30m', '30 minutes'],
        ['chapar:refunds:ratio_rate1d', 'a day'],
      ],
    },
    {
      title: 'Quarantined messages',
      unit: 'short',
      queries: [['max(chapar_quarantine_messages)', 'waiting for a decision']],
    },
    {
      title: 'Audit violations',
      unit: 'short',
      queries: [['sum by (rule) (chapar_audit_violations_total)', '{{rule}}']],
    },
    {
      title: 'Age of the last audit',
      unit: 's',
      queries: [
        ['min(chapar_audit_pass_age_seconds)', 'whole pass'],
        ['min(chapar_audit_head_age_seconds)', 'newest message examined'],
      ],
    },
    {
      title: 'Rows audited',
      unit: 'ops',
      queries: [[rateBy('table', 'chapar_audit_rows_total'), '{{table}}']],
    },
  ],
}
