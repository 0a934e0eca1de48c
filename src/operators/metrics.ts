import { Counter, DURATION_BUCKETS_SECONDS, Gauge, Histogram } from '../platform/telemetry/index.ts'
import type { Registry } from '../platform/telemetry/index.ts'

export function operatorMetrics(registry: Registry) {
  const registers = [registry]
  const calls = new Histogram({
    name: 'chapar_operator_call_duration_seconds',
    help: 'Calls of an operator, by the result of the call as a whole',
    labelNames: ['operator', 'result'] as const,
    buckets: DURATION_BUCKETS_SECONDS,
    registers,
  })
  const results = new Counter({
    name: 'chapar_operator_results_total',
    help: 'Messages submitted to an operator, by result',
    labelNames: ['operator', 'result'] as const,
    registers,
  })
  const questions = new Counter({
    name: 'chapar_operator_questions_total',
    help: 'Messages that an operator was asked about because it may have them, by its answer',
    labelNames: ['operator', 'answer'] as const,
    registers,
  })
  const throttled = new Counter({
    name: 'chapar_operator_throttled_total',
    help: 'Calls that an operator throttled as a whole or in part',
    labelNames: ['operator', 'class'] as const,
    registers,
  })
  const paces = new Gauge({
    name: 'chapar_operator_pace_calls_per_second',
    help: 'Calls per second that the pace of an operator and class admits, +Inf while it is unlimited',
    labelNames: ['operator', 'class'] as const,
    registers,
  })
  const identifiers = new Counter({
    name: 'chapar_operator_unreadable_identifiers_total',
    help: 'Accepted messages whose identifier from the operator is missing, malformed or too long',
    labelNames: ['operator'] as const,
    registers,
  })
  return { calls, results, questions, throttled, paces, identifiers, ...linkMetrics(registry) }
}

function linkMetrics(registry: Registry) {
  const registers = [registry]
  const links = new Gauge({
    name: 'chapar_operator_links',
    help: 'Links to an operator that this process keeps: configured, and up',
    labelNames: ['operator', 'state'] as const,
    registers,
  })
  const outside = new Counter({
    name: 'chapar_operator_link_events_total',
    help: 'What came over the links of an operator outside the calls: late, repeated and unknown responses and others',
    labelNames: ['operator', 'event'] as const,
    registers,
  })
  const controls = new Gauge({
    name: 'chapar_operator_state',
    help: '1 for what a person made of the operator, as it is in effect in this process, 0 for the other states',
    labelNames: ['operator', 'state'] as const,
    registers,
  })
  return { links, outside, controls }
}
