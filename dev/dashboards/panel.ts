/** What a panel shows: one query a line, each with the legend of its series. */
export interface Panel {
  title: string
  /** Grafana's name of it. */
  unit: 'reqps' | 'short' | 's' | 'percentunit' | 'bytes' | 'ops'
  queries: [expr: string, legend: string][]
  isStacked?: true
}

export interface Dashboard {
  uid: string
  title: string
  panels: Panel[]
}

const COLUMNS = 2
const WIDTH = 24 / COLUMNS
const HEIGHT = 8
const REFRESH = '30s'

/** As Grafana reads it. */
export function toGrafana({ uid, title, panels }: Dashboard): object {
  return {
    uid,
    title: `Chapar: ${title}`,
    tags: ['chapar'],
    schemaVersion: 39,
    editable: false,
    refresh: REFRESH,
    time: { from: 'now-1h', to: 'now' },
    links: [{ type: 'dashboards', tags: ['chapar'], title: 'Chapar', asDropdown: true, keepTime: true }],
    panels: panels.map((panel, index) => ({
      id: index + 1,
      type: 'timeseries',
      title: panel.title,
      datasource: { type: 'prometheus', uid: 'prometheus' },
      gridPos: {
        h: HEIGHT,
        w: WIDTH,
        x: (index % COLUMNS) * WIDTH,
        y: Math.floor(index / COLUMNS) * HEIGHT,
      },
      fieldConfig: {
        defaults: {
          unit: panel.unit,
          min: 0,
          custom: { fillOpacity: 10, stacking: { mode: panel.isStacked ? 'normal' : 'none' } },
        },
        overrides: [],
      },
      targets: panel.queries.map(([expr, legendFormat], at) => ({
        refId: String.fromCharCode('A'.charCodeAt(0) + at),
        expr,
        legendFormat,
      })),
    })),
  }
}

/** The rate of a counter by labels, over what Grafana holds right for the zoom. */
export function rateBy(labels: string, selector: string): string {
  return `sum by (${labels}) (rate(${selector}[$__rate_interval]))`
}

export function quantileBy(labels: string, quantile: number, histogram: string): string {
  return `histogram_quantile(${quantile}, ${rateBy(`le, ${labels}`, `${histogram}_bucket`)})`
}

/** The mean of a histogram. */
export function meanBy(labels: string, histogram: string): string {
  return `${rateBy(labels, `${histogram}_sum`)} / ${rateBy(labels, `${histogram}_count`)}`
}
