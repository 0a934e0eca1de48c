import { quantileBy, rateBy } from './panel.ts'
import type { Dashboard } from './panel.ts'

const REQUESTS = 'http_request_duration_seconds_count{route!~"/healthz|/readyz|/metrics"}'
/** Of the express objective: 0.5 % over 30 days. */
const BUDGET = 0.005

export const OVERVIEW: Dashboard = {
  uid: 'chapar-overview',
  title: 'overview',
  panels: [
    { title: 'Requests by status', unit: 'reqps', queries: [[rateBy('status', REQUESTS), '{{status}}']] },
    {
      title: 'Request duration, 99th percentile',
      unit: 's',
      queries: [[quantileBy('route', 0.99, 'http_request_duration_seconds'), '{{route}}']],
    },
    {
      title: 'Recipients accepted',
      unit: 'ops',
      queries: [[rateBy('class', 'chapar_accepted_recipients_total'), '{{class}}']],
    },
    {
      title: 'Recipients by result of delivery',
      unit: 'ops',
      queries: [[rateBy('class, result', 'chapar_delivery_results_total'), '{{class}} {{result}}']],
    },
    {
      title: 'Express messages later than 5 s, as a multiple of the error budget',
      unit: 'short',
      queries: ['5m', '1h', '6h', '3d'].map((window) => [
        `chapar:express_late:ratio_rate${window} / ${BUDGET}`,
        window,
      ]),
    },
    {
      title: 'Backlog',
      unit: 'short',
      queries: [['max by (class) (chapar_outbox_rows)', '{{class}} outbox rows']],
    },
    {
      title: 'Age of the oldest due message',
      unit: 's',
      queries: [['max by (class) (chapar_outbox_oldest_due_seconds)', '{{class}}']],
    },
    {
      title: 'Circuit breakers that are not closed',
      unit: 'short',
      queries: [
        ['sum by (operator, class) (chapar_breaker_state{state!="closed"})', '{{operator}} {{class}}'],
      ],
    },
    {
      title: 'Connections to RabbitMQ that work',
      unit: 'short',
      queries: [['sum by (link) (chapar_broker_link_up)', '{{link}}']],
    },
    {
      title: 'Processes',
      unit: 'short',
      queries: [
        ['sum by (job) (up)', '{{job}} up'],
        ['count by (version) (chapar_build_info)', 'version {{version}}'],
      ],
    },
    {
      title: 'Spans that did not reach the collector',
      unit: 'ops',
      queries: [[rateBy('reason', 'chapar_spans_dropped_total'), '{{reason}}']],
    },
  ],
}
