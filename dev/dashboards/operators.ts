import { quantileBy, rateBy } from './panel.ts'
import type { Dashboard } from './panel.ts'

export const OPERATORS: Dashboard = {
  uid: 'chapar-operators',
  title: 'operators and receipts',
  panels: [
    {
      title: 'Calls by result',
      unit: 'ops',
      queries: [
        [
          rateBy('operator, result', 'chapar_operator_call_duration_seconds_count'),
          '{{operator}} {{result}}',
        ],
      ],
    },
    {
      title: 'Duration of a call, 99th percentile',
      unit: 's',
      queries: [[quantileBy('operator', 0.99, 'chapar_operator_call_duration_seconds'), '{{operator}}']],
    },
    {
      title: 'Messages by result: the share of each route',
      unit: 'ops',
      queries: [[rateBy('operator, result', 'chapar_operator_results_total'), '{{operator}} {{result}}']],
    },
    {
      title: 'Share of messages that an operator accepts',
      unit: 'percentunit',
      queries: [
        [
          `${rateBy('operator', 'chapar_operator_results_total{result="accepted"}')} / ${rateBy('operator', 'chapar_operator_results_total')}`,
          '{{operator}}',
        ],
      ],
    },
    {
      title: 'Circuit breakers that are not closed',
      unit: 'short',
      queries: [
        [
          'sum by (operator, class, state) (chapar_breaker_state{state!="closed"})',
          '{{operator}} {{class}} {{state}}',
        ],
      ],
    },
    {
      title: 'Operators that a person paused or drained',
      unit: 'short',
      queries: [
        ['sum by (operator, state) (chapar_operator_state{state!="active"})', '{{operator}} {{state}}'],
      ],
    },
    {
      title: 'Pace, calls a second; none while unlimited',
      unit: 'ops',
      queries: [
        ['sum by (operator, class) (chapar_operator_pace_calls_per_second)', '{{operator}} {{class}}'],
      ],
    },
    {
      title: 'Throttled calls',
      unit: 'ops',
      queries: [[rateBy('operator, class', 'chapar_operator_throttled_total'), '{{operator}} {{class}}']],
    },
    {
      title: 'Receipts by result',
      unit: 'ops',
      queries: [[rateBy('operator, result', 'chapar_receipts_total'), '{{operator}} {{result}}']],
    },
    {
      title: 'Share of messages that are delivered',
      unit: 'percentunit',
      queries: [
        ['chapar:operator_delivered:ratio_rate1h', '{{operator}} an hour'],
        ['chapar:operator_delivered:ratio_rate1d', '{{operator}} a day'],
      ],
    },
    {
      title: 'From a receipt to its application, 99th percentile',
      unit: 's',
      queries: [[quantileBy('job', 0.99, 'chapar_receipt_lag_seconds'), 'lag']],
    },
    {
      title: 'Receipts that match no message',
      unit: 'short',
      queries: [['max by (state) (chapar_receipts_waiting)', '{{state}}']],
    },
  ],
}
