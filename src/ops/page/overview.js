import { Backlogs } from './backlogs.js'
import { Chart } from './chart.js'
import { count, milliseconds, moment, plural, rate, seconds } from './format.js'
import { Operator } from './operator.js'
import { sayEmpty, sayRows } from './sayBacklog.js'
import { Badge, Empty, Section, TableFrame, html } from './ui.js'

/** @param {{ live: any, points: any[] }} props */
export function Overview({ live, points }) {
  if (!live) return null
  return html`
    <${Tiles} live=${live} />
    <div class="two">
      ${['express', 'normal'].map((type) => html`<${Backlog} key=${type} type=${type} of=${live.classes[type]} />`)}
    </div>
    <${Charts} points=${points} />
    <${Backlogs} atMs=${live.at} />
    <${Section} title="Operators" actions=${html`<a class="button" href="#/operators">Control them</a>`}>
      <div class="operators">
        ${live.operators.map((/** @type {any} */ each) => html`<${Operator} key=${each.name} operator=${each} />`)}
      </div>
    <//>
    <div class="two">
      <${Reasons}
        title="Failed in the last minute"
        hint="Recipients that no operator will take; they were refunded."
        reasons=${live.failures}
        none="None failed."
      />
      <${Reasons}
        title="Receipts that matched no message"
        hint="Of the newest 500, by the reason of the last try."
        reasons=${live.counts.receipts.reasons}
        none=${live.counts.receipts.waiting > 0 ? `None; ${count(live.counts.receipts.waiting)} are still tried.` : 'None.'}
      />
    </div>
    <${Processes} processes=${live.processes} />
  `
}

/** @param {{ live: any }} props */
function Tiles({ live }) {
  const { http, classes } = live
  const sum = (/** @type {string} */ name) => classes.normal[name] + classes.express[name]
  const failed = sum('failedPerSecond')
  return html`<dl class="tiles">
    <${Tile} name="Accepted" value=${rate(sum('acceptedPerSecond'))} unit="/s" />
    <${Tile} name="Handed over" value=${rate(sum('handedOverPerSecond'))} unit="/s" />
    <${Tile} name="Failed" value=${rate(failed)} unit="/s" tone=${failed > 0 ? 'warn' : ''} />
    <${Tile}
      name="Requests"
      value=${rate(http.perSecond)}
      unit="/s"
      note=${`95 % within ${milliseconds(http.latency.p95)}`}
    />
    <${Tile}
      name="Refused · failed"
      value=${`${rate(http.refusedPerSecond)} · ${rate(http.errorsPerSecond)}`}
      unit="/s"
      note="4xx · 5xx"
      tone=${http.errorsPerSecond > 0 ? 'bad' : ''}
    />
    <${Tile}
      name="Express hand-over"
      value=${milliseconds(classes.express.handOver.p95)}
      unit="p95"
      note=${`half within ${milliseconds(classes.express.handOver.p50)}`}
    />
  </dl>`
}

/** @param {{ name: string, value: string, unit: string, note?: string, tone?: string }} props */
function Tile({ name, value, unit, note, tone = '' }) {
  return html`<div class=${`tile ${tone}`}>
    <dt>${name}</dt>
    <dd>
      <span class="big">${value}</span> <span class="unit">${unit}</span>
      ${note && html`<span class="note">${note}</span>`}
    </dd>
  </div>`
}

/** @param {{ type: string, of: any }} props */
function Backlog({ type, of }) {
  const { backlog, inFlight, handOver } = of
  const isExpress = type === 'express'
  const isLate = backlog && backlog.oldestDueSeconds > (isExpress ? 5 : 60)
  return html`<${Section} title=${`${isExpress ? 'Express' : 'Normal'} backlog`}>
    ${
      backlog
        ? html`<dl class="facts">
            <div>
              <dt>Outbox rows</dt>
              <dd>${sayRows(backlog)}</dd>
            </div>
            ${
              backlog.laterRows > 0 &&
              html`<div>
                <dt>For later</dt>
                <dd>${count(backlog.laterRows)}</dd>
              </div>`
            }
            <div class=${isLate ? 'bad' : ''}>
              <dt>Oldest due for</dt>
              <dd>${seconds(backlog.oldestDueSeconds)}</dd>
            </div>
            <div>
              <dt>Empty in about</dt>
              <dd>${sayEmpty(backlog)}</dd>
            </div>
            <div>
              <dt>With consumers</dt>
              <dd>${count(inFlight)}</dd>
            </div>
            <div>
              <dt>Hand-over p95</dt>
              <dd>${milliseconds(handOver.p95)}</dd>
            </div>
          </dl>`
        : html`<${Empty}>No relay reports a backlog.<//>`
    }
  <//>`
}

/** @param {{ points: any[] }} props */
function Charts({ points }) {
  return html`<div class="charts card">
    <${Chart}
      title="Messages a second"
      least=${10}
      points=${points}
      format=${rate}
      series=${[
        { name: 'accepted', colour: 'blue', of: (/** @type {any} */ point) => point.accepted },
        { name: 'handed over', colour: 'green', of: (/** @type {any} */ point) => point.handedOver },
        { name: 'failed', colour: 'red', of: (/** @type {any} */ point) => point.failed },
      ]}
    />
    <${Chart}
      title="95 % within"
      least=${100}
      points=${points}
      format=${milliseconds}
      series=${[
        { name: 'express', colour: 'violet', of: (/** @type {any} */ point) => point.expressP95 },
        { name: 'normal', colour: 'blue', of: (/** @type {any} */ point) => point.normalP95 },
        { name: 'requests', colour: 'orange', of: (/** @type {any} */ point) => point.httpP95 },
      ]}
    />
    <${Chart}
      title="Backlog, outbox rows"
      least=${10}
      points=${points}
      format=${count}
      series=${[
        { name: 'express', colour: 'violet', of: (/** @type {any} */ point) => point.expressRows },
        { name: 'normal', colour: 'blue', of: (/** @type {any} */ point) => point.normalRows },
      ]}
    />
  </div>`
}

/** @param {{ title: string, hint: string, reasons: { reason: string, count: number }[], none: string }} props */
function Reasons({ title, hint, reasons, none }) {
  const most = Math.max(1, ...reasons.map((each) => each.count))
  return html`<${Section} title=${title} hint=${hint}>
    ${
      reasons.length === 0
        ? html`<${Empty}>${none}<//>`
        : html`<ul class="reasons">
            ${reasons.slice(0, 8).map(
              ({ reason, count: number }) =>
                html`<li>
                  <span>${reason.replaceAll('_', ' ')}</span>
                  <meter min="0" max=${most} value=${number} aria-label=${reason}></meter>
                  <strong>${count(number)}</strong>
                </li>`,
            )}
          </ul>`
    }
  <//>`
}

/** @param {{ processes: any[] }} props */
function Processes({ processes }) {
  return html`<${Section} title=${plural(processes.length, 'process', 'processes')}>
    <${TableFrame} label="Processes">
      <thead>
        <tr>
          <th scope="col">Roles</th>
          <th scope="col">Version</th>
          <th scope="col">Started</th>
          <th scope="col">Reported</th>
        </tr>
      </thead>
      <tbody>
        ${processes.map(
          (each) =>
            html`<tr key=${each.id}>
              <th scope="row">${each.roles.join(', ')}</th>
              <td>${each.version}</td>
              <td>${moment(each.startedAt)}</td>
              <td>
                <${Badge} tone=${each.silentMs > 5_000 ? 'warn' : 'good'}
                  >${milliseconds(Math.round(each.silentMs))} ago<//
                >
              </td>
            </tr>`,
        )}
      </tbody>
    <//>
  <//>`
}
