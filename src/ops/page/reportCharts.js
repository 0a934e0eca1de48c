import { Chart } from './chart.js'
import { count, milliseconds, money } from './format.js'
import { TableFrame, html } from './ui.js'

/** @typedef {{ name: string, colour: string, of: (row: any) => number | null }} Series */

/** @param {string} name @param {string} colour @param {string} field @returns {Series} */
function series(name, colour, field) {
  return { name, colour, of: (row) => row[field] }
}

const STATUSES = [
  series('delivered', 'green', 'delivered'),
  series('undelivered', 'orange', 'undelivered'),
  series('failed', 'red', 'failed'),
  series('sent', 'blue', 'sent'),
  series('open', 'grey', 'open'),
  series('cancelled', 'violet', 'cancelled'),
]
const SHARES = [
  series('delivered', 'green', 'delivered_share'),
  series('undelivered', 'orange', 'undelivered_share'),
  series('failed', 'red', 'failed_share'),
]
const HAND_OVER = [
  series('p50', 'blue', 'hand_over_p50_ms'),
  series('p95', 'violet', 'hand_over_p95_ms'),
  series('p99', 'red', 'hand_over_p99_ms'),
]
const DELIVERY = [
  series('p50', 'blue', 'delivery_p50_ms'),
  series('p95', 'violet', 'delivery_p95_ms'),
  series('p99', 'red', 'delivery_p99_ms'),
]
const SPENT = [series('spent', 'blue', 'spent_cents'), series('refunded', 'orange', 'refunded_cents')]

/** @param {number} share */
function percent(share) {
  return `${(100 * share).toFixed(1)} %`
}

/** Each with a table of its numbers. @param {{ delivery: any, spend: any, currency: string }} props */
export function ReportCharts({ delivery, spend, currency }) {
  const amount = (/** @type {number} */ cents) => money(cents, currency)
  return html`<div class="charts">
    <${Report} title="Messages by status" report=${delivery} series=${STATUSES} format=${count} least=${1} />
    <${Report} title="Spending" report=${spend} series=${SPENT} format=${amount} least=${1} />
    <${Report}
      title="Share of all messages"
      report=${delivery}
      series=${SHARES}
      format=${percent}
      least=${0.01}
    />
    <${Report}
      title="To hand-over"
      report=${delivery}
      series=${HAND_OVER}
      format=${milliseconds}
      least=${100}
    />
    <${Report}
      title="To delivery"
      report=${delivery}
      series=${DELIVERY}
      format=${milliseconds}
      least=${100}
    />
  </div>`
}

/** @param {{ title: string, report: any, series: Series[], format: (value: number) => string, least: number }} props */
function Report({ title, report, series, format, least }) {
  const { rows, granularity, time_zone: zone } = report
  const points = rows.map((/** @type {any} */ row) => ({ ...row, at: Date.parse(row.starts_at) }))
  const say = (/** @type {any} */ row, /** @type {Series} */ { of }) =>
    of(row) === null ? '–' : format(Number(of(row)))
  return html`<section class="card">
    <${Chart}
      title=${title}
      points=${points}
      series=${series}
      format=${format}
      least=${least}
      axis=${{ granularity, zone }}
    />
    <details>
      <summary>The numbers<span class="visually-hidden"> of ${title}</span></summary>
      <${TableFrame} label=${title}>
        <thead>
          <tr>
            <th scope="col">Begins</th>
            ${series.map(({ name }) => html`<th scope="col" key=${name}>${name}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${rows.map(
            (/** @type {any} */ row) =>
              html`<tr key=${row.starts_at}>
                <th scope="row">${row.starts_at.slice(0, 16).replace('T', ' ')}</th>
                ${series.map((each) => html`<td class="number" key=${each.name}>${say(row, each)}</td>`)}
              </tr>`,
          )}
        </tbody>
      <//>
    </details>
  </section>`
}
