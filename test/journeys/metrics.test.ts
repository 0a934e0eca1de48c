import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { post, recipients, send, topUp } from '../support/api.ts'
import { startTestEngine } from '../support/engine.ts'
import type { TestEngine } from '../support/engine.ts'
import { parseExposition } from '../support/exposition.ts'
import type { Family } from '../support/exposition.ts'
import { METRICS_PAGE, describeMetricsPage } from '../support/metricsPage.ts'

const CUSTOMER = 4_711
const REJECTED = '09120000001'

/** What every label of ours may say: all of it known beforehand, however many customers and messages there are. */
const CLOSED_SETS: Record<string, RegExp> = {
  code: /^[a-z_]+$/,
  pool: /^(requests|normal|express)$/,
  what: /^(messages|ledger)$/,
  class: /^(normal|express)$/,
  operator: /^operator-(a|b|test)$/,
  state: /^(closed|open|half-open|in_use|idle|limit|waiting|orphan|active|paused|drained)$/,
  outcome: /^(accepted|rejected|unavailable|unknown|done|failed|released|late|ok|retried)$/,
  decile: /^([1-9]|10)$/,
  decision:
    /^(accepted|replayed|key_reused|price_exceeded|rate_limit|spend_limit|delayed_too_far|refused|insufficient_balance|unavailable|backlog|account_locked|outcome_unknown|fault)$/,
  result:
    /^(delivered|repeated|contradicting|intermediate|refunded|other_operator|unmatched|unreadable|timeout|unreachable|blocked|too_long|stopped|answered|accepted|rejected|throttled|refused|unavailable|unknown|confirmed|done|failed|released|quarantined|stale|lost|cancelled|repeated|not_cancellable|not_found|applied|sent|won|twice)$/,
  work: /^(sequence|fold|remove)$/,
  reason:
    /^(gone|failing|fold|rollups|open|quarantined|holds|outbox|events|audit|sums|archive|locked|queue_full|export_failed)$/,
  kind: /^(messages|ledger)$/,
  cause: /^(attempts_used_up|result_refused|undelivered|no_receipt|late|unsent|no_operator|budget)$/,
  step: /^(consume|deliver|ask|renew|settle)$/,
  answer: /^(taken|not_taken|not_known|delivered|undelivered|pending|not_asked|ended)$/,
  verdict: /^(delivered|undelivered)$/,
  rule: /^(balance|chain|part|charge|refund|outbox|dangling|state|customer|attempts|quarantine|lane|due|bulk|key|delivery|history|event|report|sequence|removed|deadline|hold)$/,
  table:
    /^(user_balances|user_transactions|sms_requests|sms_status|sms_quarantine|holds|operator_messages|delivery_attempts|deadline_misses|operator_message_parts|receipts|waiting_receipts|message_references|message_tags|outbox_events|bulks|bulk_messages|idempotency_keys|event_log|message_callbacks|report_minutes|report_quarters|report_days)$/,
  operation: /^[a-z_]+(\.[a-z_]+)*$/,
  resource: /^(calls|recipients)$/,
  link: /^((relay|consumer) (normal|express)|consumer (normal|express) dead letters)$/,
  method: /^(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS|OTHER)$/,
  route: /^(unknown|(\/[a-z._-]+)+)$/,
  status: /^[1-5][0-9]{2}$/,
  le: /^([0-9.e-]+|\+Inf)$/,
  version: /^\d+\.\d+\.\d+$/,
  node_version: /^v\d+\.\d+\.\d+$/,
}
/** Those of the runtime's own metrics, as many as Node has kinds of things. */
const RUNTIME_LABELS = new Set([
  'version',
  'major',
  'minor',
  'patch',
  'kind',
  'space',
  'type',
  'le',
  'quantile',
])

/** +Inf while there is no limit. */
const UNLIMITED = /_pace_|_slots$/

/** What the engine promises to show. */
const PROMISED = [
  'http_request_duration_seconds',
  'chapar_db_operation_duration_seconds',
  'chapar_db_connections',
  'chapar_accept_decisions_total',
  'chapar_accepted_recipients_total',
  'chapar_outbox_rows',
  'chapar_outbox_oldest_due_seconds',
  'chapar_published_envelopes_total',
  'chapar_delivery_results_total',
  'chapar_operator_call_duration_seconds',
  'chapar_operator_results_total',
  'chapar_operator_questions_total',
  'chapar_breaker_state',
  'chapar_refunds_total',
  'chapar_possible_duplicates_total',
  'chapar_expired_recipients_total',
  'chapar_quarantined_total',
  'chapar_leases_taken_over_total',
  'chapar_end_to_end_seconds',
  'chapar_events_sequenced_total',
  'chapar_events_oldest_unsequenced_seconds',
  'chapar_webhook_attempts_total',
  'chapar_webhook_attempt_duration_seconds',
  'chapar_webhook_endpoints_disabled_total',
  'chapar_reports_recipients_total',
  'chapar_reports_behind_seconds',
  'chapar_reports_changes_waiting',
  'chapar_audit_violations_total',
  'chapar_audit_rows_total',
  'chapar_audit_passes_total',
  'chapar_unreadable_messages_total',
  'chapar_cancel_requests_total',
  'chapar_cancelled_recipients_total',
  'chapar_broker_link_up',
  'chapar_broker_link_losses_total',
  'chapar_delivery_slots',
  'chapar_published_age_seconds',
  'chapar_claimed_age_seconds',
  'chapar_quarantine_messages',
  'chapar_spans_dropped_total',
  'nodejs_eventloop_lag_seconds',
]

describe('the metrics of an engine at work', () => {
  let engine: TestEngine
  let folder: string
  let families: Map<string, Family>
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'chapar-exports-'))
    engine = await startTestEngine({
      env: {
        ...{ TEST_OPERATOR_URL: 'http://127.0.0.1:1', RECEIPTS_SECRET: 'secret-of-the-receipts' },
        ON_UNKNOWN: 'retry',
        EXPORT_FOLDER: folder,
      },
    })
    await topUp(engine.url, CUSTOMER, 100)
    await engine.operatorA.admin.behave({ rejectedNumbers: [REJECTED], dropAfterAcceptRate: 0.5 })
    for (const type of ['normal', 'express'] as const)
      await send(engine.url, { customer_id: CUSTOMER, recipients: [REJECTED, ...recipients(3, 100)], type })
    await post(engine.url, '/sms/send', {
      customer_id: 987_654_321,
      text: 'hi',
      recipients: recipients(1),
      type: 'normal',
    })
    await fetch(`${engine.url}/customers/${CUSTOMER}/${REJECTED}`)
    await fetch(`${engine.url}/sms/history?user_id=${CUSTOMER}`, { method: 'PURGE' })
    await engine.drain()
    const response = await fetch(`${engine.url}/metrics`)
    assert.match(response.headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/)
    families = parseExposition(await response.text())
  })
  after(async () => {
    await engine.stop()
    await rm(folder, { recursive: true, force: true })
  })

  const ours = () => [...families].filter(([name]) => /^(chapar|http)_/.test(name))

  it('are all there that are promised', () => {
    assert.deepEqual(
      PROMISED.filter((name) => !families.has(name)),
      [],
    )
  })

  it('are those of docs/metrics.md (WRITE_DOCS=1 writes it)', async () => {
    const written = readFileSync(METRICS_PAGE, 'utf8')
    const page = await describeMetricsPage(families, written)
    if (process.env['WRITE_DOCS']) writeFileSync(METRICS_PAGE, page)
    else assert.equal(written, page)
  })

  it('count every decision of an accept from the start, whether it has been made or not', () => {
    const samples = families.get('chapar_accept_decisions_total')?.samples ?? []
    const series = samples.map(({ labels }) => `${labels['class']} ${labels['decision']}`)
    const decisions = [
      'accepted',
      'account_locked',
      'backlog',
      'delayed_too_far',
      'fault',
      'insufficient_balance',
      'key_reused',
      'outcome_unknown',
      'price_exceeded',
      'rate_limit',
      'refused',
      'replayed',
      'spend_limit',
      'unavailable',
    ]
    const expected = ['express', 'normal'].flatMap((type) => decisions.map((each) => `${type} ${each}`))
    assert.deepEqual(series.sort(), expected)
  })

  it('each say in words what they are, and of what type', () => {
    for (const [name, { help, type }] of families) {
      assert.ok(help.length > 10, name)
      assert.match(type, /^(counter|gauge|histogram|summary)$/, name)
    }
  })

  it('end in _total when they count, and only then; times are in seconds', () => {
    for (const [name, { type }] of families) {
      assert.equal(name.endsWith('_total'), type === 'counter', name)
      assert.match(name, /^[a-z][a-z0-9_]*$/)
      assert.doesNotMatch(name, /_(ms|milliseconds|count|sum|bucket)$/)
    }
  })

  it('have one value a series, and a number that makes sense', () => {
    for (const [name, { type, samples }] of families) {
      assert.equal(new Set(samples.map(({ series }) => series)).size, samples.length, name)
      for (const { series, value } of samples) {
        assert.ok(Number.isFinite(value) || (UNLIMITED.test(name) && value === Infinity), series)
        if (type === 'counter' || type === 'histogram') assert.ok(value >= 0, series)
      }
    }
  })

  it('carry labels with values from closed sets only: no customer, number, identifier or path', () => {
    for (const [name, { samples }] of ours())
      for (const { labels } of samples)
        for (const [label, value] of Object.entries(labels)) {
          const known = CLOSED_SETS[label]
          assert.ok(known, `${name} has the unknown label ${label}`)
          assert.match(value, known, `${name}: ${label}`)
        }
    for (const [name, { samples }] of [...families].filter(([each]) => !/^(chapar|http)_/.test(each)))
      for (const { labels } of samples)
        for (const label of Object.keys(labels)) assert.ok(RUNTIME_LABELS.has(label), `${name}: ${label}`)
  })

  it('give each histogram buckets that grow up to its count', () => {
    const histograms = [...families].filter(([, { type }]) => type === 'histogram')
    assert.ok(histograms.length >= 3)
    for (const [name, { samples }] of histograms) {
      const without = ({ labels }: Family['samples'][number]) =>
        JSON.stringify(Object.entries(labels).filter(([label]) => label !== 'le'))
      for (const [labels, group] of Map.groupBy(samples, without)) {
        const buckets = group.filter((sample) => sample.name === `${name}_bucket`).map(({ value }) => value)
        const count = group.find((sample) => sample.name === `${name}_count`)?.value
        if (buckets.length === 0 && count === undefined) continue
        assert.deepEqual(
          buckets,
          buckets.toSorted((one, other) => one - other),
          name + labels,
        )
        assert.equal(buckets.at(-1), count, name + labels)
        assert.ok(group.some((sample) => sample.name === `${name}_sum`))
      }
    }
  })

  it('count requests of unknown routes and methods without naming them', () => {
    const routes = new Set(
      families.get('http_request_duration_seconds')?.samples.map(({ labels }) => labels['route']),
    )
    assert.ok(routes.has('unknown') && routes.has('/sms/send'), [...routes].join(' '))
  })
})
