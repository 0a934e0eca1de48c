import { useState } from 'preact/hooks'
import { get } from './api.js'
import { count, money, moment, plural } from './format.js'
import { ReportCharts } from './reportCharts.js'
import { Top } from './reportTop.js'
import { useList } from './useList.js'
import { Fault, Section, html } from './ui.js'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/** @type {Record<string, { name: string, ms: number, granularities: string[] }>} */
const RANGES = {
  hour: { name: 'Last hour', ms: HOUR_MS, granularities: ['minute', 'hour'] },
  day: { name: 'Last 24 hours', ms: DAY_MS, granularities: ['hour', 'minute'] },
  week: { name: 'Last 7 days', ms: 7 * DAY_MS, granularities: ['day', 'hour'] },
  month: { name: 'Last 30 days', ms: 30 * DAY_MS, granularities: ['day', 'hour'] },
  year: { name: 'Last 365 days', ms: 365 * DAY_MS, granularities: ['day'] },
}
const OWN_ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone
const ZONES = [...new Set(['UTC', OWN_ZONE])]

/** What was sent, with which result, and what it cost: of all customers, or of one. @param {{ path: string[], session: any }} props */
export function Reports({ path: [customer = ''], session }) {
  const [chosen, setChosen] = useState({ range: 'day', granularity: 'hour', zone: 'UTC' })
  const { range, granularity, zone } = chosen
  const [asked, setAsked] = useState(Date.now)
  const query = new URLSearchParams({
    ...{ from: new Date(asked - RANGES[range].ms).toISOString(), to: new Date(asked).toISOString() },
    ...{ granularity, time_zone: zone },
    ...(customer === '' ? {} : { customer }),
  }).toString()
  const delivery = useList(() => get(`/v1/admin/reports/delivery?${query}`), [query])
  const spend = useList(() => get(`/v1/admin/reports/spend?${query}`), [query])
  const choose = (/** @type {Partial<typeof chosen>} */ change) => {
    setChosen((before) => withGranularity({ ...before, ...change }))
    setAsked(Date.now())
  }
  return html`
    <${Controls} chosen=${chosen} choose=${choose} />
    ${customer !== '' && html`<${Whose} id=${customer} />`}
    <${Fault} error=${delivery.error ?? spend.error} />
    ${
      delivery.answer &&
      spend.answer &&
      html`<${Sums} delivery=${delivery.answer} spend=${spend.answer} session=${session} />
        <${ReportCharts}
          key=${`${granularity} ${zone}`}
          delivery=${delivery.answer}
          spend=${spend.answer}
          currency=${session.currency}
        />`
    }
    <${Top} query=${query} isOfOne=${customer !== ''} session=${session} />
  `
}

/** Not every range can be shown in every granularity. @param {{ range: string, granularity: string, zone: string }} chosen */
function withGranularity(chosen) {
  const { granularities } = RANGES[chosen.range]
  return granularities.includes(chosen.granularity) ? chosen : { ...chosen, granularity: granularities[0] }
}

/** @param {{ chosen: any, choose: (change: any) => void }} props */
function Controls({ chosen, choose }) {
  const select = (
    /** @type {string} */ label,
    /** @type {string} */ name,
    /** @type {[value: string, text: string][]} */ options,
  ) =>
    html`<label
      >${label}<select
        value=${chosen[name]}
        onChange=${(/** @type {any} */ event) => choose({ [name]: event.currentTarget.value })}
      >
        ${options.map(([value, text]) => html`<option key=${value} value=${value}>${text}</option>`)}
      </select></label
    >`
  const { granularities } = RANGES[chosen.range]
  return html`<form
    class="search card"
    aria-label="What is reported"
    onSubmit=${(/** @type {Event} */ event) => event.preventDefault()}
  >
    ${select(
      'Range',
      'range',
      Object.entries(RANGES).map(([value, { name }]) => [value, name]),
    )}
    ${select(
      'Granularity',
      'granularity',
      granularities.map((each) => [each, `by ${each}`]),
    )}
    ${select(
      'Time zone',
      'zone',
      ZONES.map((each) => [each, each]),
    )}
    <button type="button" onClick=${() => choose({})}>Read again</button>
  </form>`
}

/** @param {{ id: string }} props */
function Whose({ id }) {
  const { answer } = useList(() => get(`/v1/admin/customers/${encodeURIComponent(id)}`), [id])
  return html`<p>Of <strong>${answer?.name ?? id}</strong> alone. <a href="#/reports">All customers</a></p>`
}

/** @param {{ delivery: any, spend: any, session: any }} props */
function Sums({ delivery, spend, session }) {
  const sum = (/** @type {any[]} */ rows, /** @type {string} */ name) =>
    rows.reduce((total, row) => total + row[name], 0)
  const messages = sum(delivery.rows, 'messages')
  const share = (/** @type {string} */ name) =>
    messages === 0 ? '–' : `${((100 * sum(delivery.rows, name)) / messages).toFixed(1)} %`
  const facts = [
    ['Messages', count(messages)],
    ['Parts', count(sum(spend.rows, 'parts'))],
    ['Delivered', share('delivered')],
    ['Undelivered', share('undelivered')],
    ['Failed', share('failed')],
    ['Spent', money(sum(spend.rows, 'spent_cents'), session.currency)],
  ]
  const hint = `Every message accepted before ${moment(delivery.complete_to)} is counted. ${plural(delivery.unsettled, 'message')} may still change.`
  return html`<${Section} title="Sums" hint=${hint}>
    <dl class="facts">
      ${facts.map(
        ([name, value]) =>
          html`<div key=${name}>
            <dt>${name}</dt>
            <dd class="big">${value}</dd>
          </div>`,
      )}
    </dl>
  <//>`
}
