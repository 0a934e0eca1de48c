import { figure } from '../format.ts'
import { html } from './html.ts'
import type { Html } from './html.ts'
import { scaleOf, ticksUpTo } from './scale.ts'

/** One line, or one layer, over the seconds of a run. */
export interface Series {
  name: string
  /** A class of the style sheet, which knows its colour in both themes. */
  color: string
  values: (number | undefined)[]
}

export interface Chart {
  title: string
  unit: string
  /** Seconds from the start of the measured time. */
  atSeconds: number[]
  series: Series[]
  /** Layers upon each other instead of lines. */
  isStacked?: boolean
  /** A level to compare with. */
  mark?: { value: number; text: string }
  measuredUntilSeconds: number
}

const WIDTH = 560
const HEIGHT = 210
const PLOT = { left: 52, right: 548, top: 12, bottom: 180 }
/** A mark far above all values would press them to the ground: it is left out then. */
const MARK_REACH = 2.5

/** A picture of values over time, drawn when the page is written; a small script adds the reading of values. */
export function drawChart(chart: Chart): Html {
  const layers = chart.isStacked ? stack(chart.series) : chart.series.map(({ values }) => values)
  const highest = Math.max(0, ...layers.flat().filter((value) => value !== undefined))
  const mark = chart.mark && chart.mark.value <= highest * MARK_REACH ? chart.mark : undefined
  const ticks = ticksUpTo(Math.max(highest, mark?.value ?? 0))
  const x = scaleOf([chart.atSeconds[0] ?? 0, chart.atSeconds.at(-1) ?? 1], [PLOT.left, PLOT.right])
  const y = scaleOf([0, ticks.at(-1) ?? 1], [PLOT.bottom, PLOT.top])
  const label = `${chart.title}, ${chart.unit}`
  return html`<figure class="chart">
    <figcaption>${chart.title} <small>${chart.unit}</small></figcaption>
    <svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${label}" data-chart="${dataOf(chart, x)}">
      ${shadeOutside(chart, x)}
      ${ticks.map(
        (tick) =>
          html`<line class="grid" x1="${PLOT.left}" x2="${PLOT.right}" y1="${y(tick)}" y2="${y(tick)}" />
            <text class="tick" x="${PLOT.left - 6}" y="${y(tick) + 4}" text-anchor="end"
              >${figure(tick)}</text
            >`,
      )}
      ${timeTicks(chart).map(
        (tick) =>
          html`<text class="tick" x="${x(tick)}" y="${PLOT.bottom + 16}" text-anchor="middle"
            >${tick} s</text
          >`,
      )}
      ${chart.isStacked ? drawLayers(chart, layers, x, y) : drawLines(chart, x, y)}
      ${
        mark &&
        html`<line
            class="mark"
            x1="${PLOT.left}"
            x2="${PLOT.right}"
            y1="${y(mark.value)}"
            y2="${y(mark.value)}"
          />
          <text
            class="marked"
            x="${PLOT.right}"
            y="${Math.max(y(mark.value) - 4, PLOT.top + 11)}"
            text-anchor="end"
            >${mark.text}</text
          >`
      }
      <line class="cursor" y1="${PLOT.top}" y2="${PLOT.bottom}" visibility="hidden" />
    </svg>
    <p class="legend">
      ${chart.series.map(({ name, color }) => html`<span><i class="${color}"></i>${name}</span> `)}
    </p>
  </figure>`
}

/** Each layer's upper edge: its own values on those below it. */
function stack(series: readonly Series[]): number[][] {
  let below: number[] = []
  return series.map(({ values }) => {
    below = values.map((value, index) => (below[index] ?? 0) + (value ?? 0))
    return below
  })
}

type Scale = (value: number) => number

function drawLines({ series, atSeconds }: Chart, x: Scale, y: Scale): Html[] {
  return series.map(({ values, color }) => {
    let isOpen = false
    const path = values.map((value, index) => {
      const command =
        value === undefined ? '' : `${isOpen ? 'L' : 'M'}${x(atSeconds[index] ?? 0)} ${y(value)}`
      isOpen = value !== undefined
      return command
    })
    return html`<path class="line ${color}" d="${path.join('')}" />`
  })
}

function drawLayers(
  { series, atSeconds }: Chart,
  layers: (number | undefined)[][],
  x: Scale,
  y: Scale,
): Html[] {
  return layers.map((upper, index) => {
    const lower = layers[index - 1]
    const along = upper.map((value, at) => `${x(atSeconds[at] ?? 0)} ${y(value ?? 0)}`)
    const back = upper.map((_, at) => `${x(atSeconds[at] ?? 0)} ${y(lower?.[at] ?? 0)}`).reverse()
    return html`<path class="layer ${series[index]?.color}" d="M${[...along, ...back].join('L')}Z" />`
  })
}

/** The warm-up before the measured time, and what came after it. */
function shadeOutside({ atSeconds, measuredUntilSeconds }: Chart, x: Scale): Html[] {
  const [first, last] = [atSeconds[0] ?? 0, atSeconds.at(-1) ?? 0]
  return [
    { from: first, to: Math.max(first, 0) },
    { from: Math.min(last, measuredUntilSeconds), to: last },
  ]
    .filter(({ from, to }) => to > from)
    .map(
      ({ from, to }) =>
        html`<rect
          class="outside"
          x="${x(from)}"
          y="${PLOT.top}"
          width="${(x(to) - x(from)).toFixed(1)}"
          height="${PLOT.bottom - PLOT.top}"
        />`,
    )
}

function timeTicks({ atSeconds }: Chart): number[] {
  const [first, last] = [atSeconds[0] ?? 0, atSeconds.at(-1) ?? 0]
  return ticksUpTo(last, 5).filter((tick) => tick >= first && tick <= last)
}

/** For the script that reads values out at the pointer: where each second lies, and what it held. */
function dataOf({ atSeconds, series, unit }: Chart, x: Scale): string {
  return JSON.stringify({
    at: atSeconds,
    x: atSeconds.map(x),
    unit,
    series: series.map(({ name, color, values }) => ({
      name,
      color,
      texts: values.map((value) => (value === undefined ? '–' : figure(value))),
    })),
  })
}
