import uPlot from 'uplot'
import { useEffect, useRef } from 'preact/hooks'
import { html } from './ui.js'

const HEIGHT = 190

/**
 * Lines over the last ten minutes, or over the periods of a report. The numbers stand beside it as text: a picture is not
 * read out.
 * @param {{ title: string, points: any[], series: { name: string, of: (point: any) => number | null, colour: string }[],
 *   format: (value: number) => string, least: number, axis?: Axis }} props
 */
export function Chart({ title, points, series, format, least, axis }) {
  const place = useRef(/** @type {HTMLDivElement | null} */ (null))
  const chart = useRef(/** @type {uPlot | null} */ (null))
  useEffect(() => {
    const draw = () => {
      chart.current?.destroy()
      chart.current = place.current && open(place.current, { series, format, least, axis })
      chart.current?.setData(toData(points, series))
    }
    draw()
    const resize = new ResizeObserver(([entry]) =>
      chart.current?.setSize({ width: Math.floor(entry.contentRect.width), height: HEIGHT }),
    )
    if (place.current) resize.observe(place.current)
    const dark = matchMedia('(prefers-color-scheme: dark)')
    window.addEventListener('themechange', draw)
    dark.addEventListener('change', draw)
    return () => {
      resize.disconnect()
      window.removeEventListener('themechange', draw)
      dark.removeEventListener('change', draw)
      chart.current?.destroy()
    }
  }, [])
  useEffect(() => chart.current?.setData(toData(points, series)), [points])
  const latest = points.at(-1)
  return html`<figure class="chart">
    <figcaption>
      <span>${title}</span>
      <span class="legend">
        ${series.map(
          ({ name, of, colour }) =>
            html`<span class=${`key ${colour}`}
              >${name}${!axis && html` <strong>${latest && of(latest) !== null ? format(Number(of(latest))) : '–'}</strong>`}</span
            >`,
        )}
      </span>
    </figcaption>
    <div ref=${place} aria-hidden="true"></div>
  </figure>`
}

/** @param {any[]} points @param {{ of: (point: any) => number | null }[]} series @returns {any} */
function toData(points, series) {
  return [points.map(({ at }) => at / 1_000), ...series.map(({ of }) => points.map(of))]
}

/** As the theme has it now: a canvas knows no variables. @param {string} name */
function colourOf(name) {
  const probe = document.body.appendChild(document.createElement('span'))
  probe.style.color = `var(--${name})`
  const { color } = getComputedStyle(probe)
  probe.remove()
  return color
}

/** @typedef {{ granularity: string, zone: string }} Axis of a report */

/**
 * @param {HTMLElement} element
 * @param {{ series: any[], format: (value: number) => string, least: number, axis?: Axis | undefined }} how
 */
function open(element, { series, format, least, axis: of }) {
  const axis = {
    stroke: colourOf('muted'),
    grid: { stroke: colourOf('line'), width: 1 },
    ticks: { show: false },
  }
  return new uPlot(
    {
      width: Math.max(200, Math.floor(element.clientWidth)),
      height: HEIGHT,
      ...(of && {
        tzDate: (/** @type {number} */ seconds) => uPlot.tzDate(new Date(seconds * 1_000), of.zone),
      }),
      cursor: { show: false },
      legend: { show: false },
      scales: { y: { range: (_chart, _min, max) => [0, Math.max(max * 1.1, least)] } },
      axes: [
        { ...axis, space: of ? 100 : 80, values: (_chart, times) => times.map(of ? toTick(of) : toClock) },
        { ...axis, size: 64, space: 40, values: (_chart, values) => values.map(format) },
      ],
      series: [
        {},
        ...series.map(({ colour }) => ({
          stroke: colourOf(colour),
          fill: `color-mix(in srgb, ${colourOf(colour)} 8%, transparent)`,
          width: 2,
          points: { show: false },
          spanGaps: true,
        })),
      ],
    },
    [[]],
    element,
  )
}

/** @param {Axis} axis @returns {(epochSeconds: number) => string} */
function toTick({ granularity, zone }) {
  const date = { day: '2-digit', month: 'short' }
  const time = { hour: '2-digit', minute: '2-digit' }
  const shown = /** @type {Intl.DateTimeFormatOptions} */ (
    granularity === 'day' ? date : { ...date, ...time }
  )
  const format = new Intl.DateTimeFormat('en-GB', { ...shown, timeZone: zone })
  return (epochSeconds) => format.format(epochSeconds * 1_000)
}

/** @param {number} epochSeconds */
function toClock(epochSeconds) {
  return new Date(epochSeconds * 1_000).toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' })
}
