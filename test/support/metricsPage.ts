import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { format, resolveConfig } from 'prettier'
import { CHECKOUT } from '../../dev/stack/folders.ts'
import type { Family } from './exposition.ts'

export const METRICS_PAGE = join(CHECKOUT, 'docs/metrics.md')

const INTRODUCTION = `# Metrics

What \`GET /metrics\` serves, compared by a test with a running engine. No label names a customer, a message or a number, so
the number of series does not grow with traffic. With several API processes, the page of each is the sum of all: counters
of a process that ended stay in it. Beside these there are the usual \`process_\` and \`nodejs_\` metrics of prom-client. \`METRICS_LISTEN_ADDR\` serves it at an address of its own.

Rate, errors and duration are in \`http_request_duration_seconds\` (requests), \`chapar_operator_call_duration_seconds\`
(operators) and the two \`chapar_webhook_attempt\` metrics. Utilisation and saturation are in \`chapar_db_connections\`
(pools), \`chapar_delivery_slots\` (operator calls), \`chapar_outbox_rows\` and \`chapar_outbox_oldest_due_seconds\` (the
backlog) and \`chapar_broker_link_up\` (connections). The wait at each hop: \`chapar_published_age_seconds\`, then
\`chapar_claimed_age_seconds\`, then \`chapar_end_to_end_seconds\`.

**The express objective.** An express message is handed over to an operator within 5 seconds of its acceptance. The indicator
is the share of those among all that were handed over or expired; the objective is 99.5 % over 30 days, so the error budget
is 0.5 % of express messages. [Rules](../docker/prometheus/recording.yml) record it as \`chapar:express_late:ratio_rate1h\`
and for other windows; [alerts](runbook.md) tell how fast the budget is used up. For another objective, change the bound of
5 seconds in the rules (to a bucket of \`chapar_end_to_end_seconds\`) and 0.005, the budget, in the rules of both \`ExpressBudget…\` alerts and
in \`BUDGET\` of [dev/dashboards/overview.ts](../dev/dashboards/overview.ts), then \`npm run dashboards\` and \`npm run check:alerts\`.
This objective is for operators of Chapar and is independent of the guarantees that customers get ([deadlines.md](deadlines.md)), whose
misses \`chapar_deadline_misses_total\` counts.
`

/** The first that fits counts. */
const SECTIONS: [string, RegExp][] = [
  ['Requests', /^(http_|chapar_access_)/],
  ['Acceptance', /^chapar_(accept|idempotency|cancel)/],
  ['Outbox, relay and RabbitMQ', /^chapar_(outbox|published|relay|broker|expired)/],
  ['Operators', /^chapar_(operator|breaker)/],
  ['Receipts', /^chapar_(receipt|delivery_statuses)/],
  ['Events and webhooks', /^chapar_(event|webhook)/],
  ['Reports', /^chapar_reports_/],
  ['Audit', /^chapar_audit/],
  ['Database', /^chapar_(db|partition|retention)/],
  ['Processes and tracing', /^chapar_(build|spans)/],
  ['Delivery and money', /^chapar_/],
]

const UNITS: [RegExp, string][] = [
  [/_amount_total$/, 'smallest unit of money'],
  [/_seconds(_total)?$/, 'seconds'],
  [/_bytes$/, 'bytes'],
  [/_weeks$/, 'weeks'],
  [/_per_second$/, 'calls per second'],
]

/** @param written the page as it is: it names the labels of metrics that have no series in this engine. */
export async function describeMetricsPage(
  families: ReadonlyMap<string, Family>,
  written: string,
): Promise<string> {
  const sectionOf = (name: string) => SECTIONS.find(([, pattern]) => pattern.test(name))?.[0]
  const sections = SECTIONS.map(([title]) => {
    const rows = [...families].filter(([name]) => sectionOf(name) === title).sort(byName)
    return `\n## ${title}\n\n| name | type | labels | unit | meaning |\n| --- | --- | --- | --- | --- |\n${rows
      .map(([name, family]) => describeRow(name, family, labelsIn(written, name)))
      .join('')}`
  })
  const options = await resolveConfig(METRICS_PAGE)
  return format(INTRODUCTION + sections.join(''), { ...options, parser: 'markdown' })
}

function byName([one]: [string, Family], [other]: [string, Family]): number {
  return one < other ? -1 : 1
}

function describeRow(name: string, { help, type, samples }: Family, known: string[]): string {
  const seen = new Set(samples.flatMap(({ labels }) => Object.keys(labels)))
  const labels = (samples.length > 0 ? [...seen] : known).filter((label) => !/^(le|quantile)$/.test(label))
  const unit = UNITS.find(([pattern]) => pattern.test(name))?.[1] ?? ''
  const quoted = labels.map((label) => `\`${label}\``).join(', ')
  return `| \`${name}\` | ${type} | ${quoted} | ${unit} | ${help.replaceAll('|', '\\|')} |\n`
}

function labelsIn(page: string, name: string): string[] {
  const row = page.split('\n').find((line) => line.startsWith(`| \`${name}\` `))
  return (row?.split('|')[3] ?? '').split(/[`, ]+/).filter((label) => label !== '')
}

/** @returns the labels of each metric on the page. */
export function readMetricsPage(): Map<string, string[]> {
  const page = readFileSync(METRICS_PAGE, 'utf8')
  const names = [...page.matchAll(/^\| `(\w+)` /gm)].map(([, name = '']) => name)
  return new Map(names.map((name) => [name, labelsIn(page, name)]))
}
