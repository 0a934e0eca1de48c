import { figure } from '../format.ts'
import { html } from './html.ts'
import type { Html } from './html.ts'

/** One line, or one layer, over the seconds of a run. */
export interface Series {
  name: string
  /** A class of the style sheet, which sets its colour in both themes. */
  color: string
  values: (number | undefined)[]
}

export interface Chart {
  title: string
  unit: string
  /** Seconds from the start of the measured time. */
  atSeconds: number[]
  series: Series[]
  /** Layers on top of each other instead of lines. */
  isStacked?: boolean
  /** A level to compare with. */
  mark?: { value: number; text: string }
  measuredUntilSeconds: number
}

/** What the page's script passes to uPlot: null is a gap, and texts are what the legend shows. */
export interface PlotData {
  title: string
  at: number[]
  measuredUntil: number
  series: { name: string; color: string; isFilled: boolean; drawn: (number | null)[]; texts: string[] }[]
}

/** A mark far above all values would flatten them, so it is left out. */
const MARK_REACH = 2.5

/** Where the page's script draws a chart, and its data. */
export function placeChart(chart: Chart): Html {
  return html`<figure class="chart">
    <figcaption>${chart.title} <small>${chart.unit}</small></figcaption>
    <div data-chart="${JSON.stringify(plotDataOf(chart))}"></div>
  </figure>`
}

export function plotDataOf({ title, atSeconds, series, isStacked = false, ...chart }: Chart): PlotData {
  const drawn = isStacked ? stack(series) : series.map(({ values }) => values.map((value) => value ?? null))
  const lines = series.map(({ name, color, values }, index) => ({
    ...{ name, color, isFilled: isStacked, drawn: drawn[index] ?? [] },
    texts: values.map((value) => (value === undefined ? '–' : figure(value))),
  }))
  const highest = Math.max(0, ...drawn.flat().map((value) => value ?? 0))
  const mark = chart.mark && chart.mark.value <= highest * MARK_REACH ? [markOf(chart.mark, atSeconds)] : []
  return {
    ...{ title, at: atSeconds, measuredUntil: chart.measuredUntilSeconds },
    // A later layer is painted over an earlier one, so the highest comes first.
    series: [...(isStacked ? lines.reverse() : lines), ...mark],
  }
}

function markOf(
  { value, text }: NonNullable<Chart['mark']>,
  atSeconds: number[],
): PlotData['series'][number] {
  const drawn = atSeconds.map(() => value)
  return { name: text, color: 'mark', isFilled: false, drawn, texts: drawn.map(figure) }
}

/** Each layer's upper edge: its own values and those of all layers below it. */
function stack(series: readonly Series[]): number[][] {
  let below: number[] = []
  return series.map(({ values }) => {
    below = values.map((value, index) => (below[index] ?? 0) + (value ?? 0))
    return below
  })
}
