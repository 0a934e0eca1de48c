import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { tableLines, writeReport } from '../../../loadtest/report/index.ts'
import { plotDataOf } from '../../../loadtest/report/page/chart.ts'
import { pageOf } from '../../../loadtest/report/page/page.ts'
import type { BenchReport } from '../../../loadtest/result.ts'
import { reportOf, runOf } from './reportOf.ts'

describe('the report', () => {
  it('is written as a page and as JSON that holds all of it, in a folder of its own', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'chapar-report-'))
    try {
      const report = reportOf()
      const { htmlFile, jsonFile } = await writeReport(report, folder)
      assert.equal(jsonFile, join(folder, '2026-01-02T03-04-05', 'report.json'))
      assert.deepEqual(JSON.parse(await readFile(jsonFile, 'utf8')) as BenchReport, report)
      assert.match(await readFile(htmlFile, 'utf8'), /^<!doctype html>/)
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  })

  it('has a row for each run on the terminal, and leaves out unknown figures', () => {
    const lines = tableLines({ runs: ['S1', 'S2', 'S3', 'S4'].map((name) => runOf({ name })) })
    assert.equal(lines.length, 5)
    assert.match(lines[0] ?? '', /^run +offered\/s +answered\/s +accepted\/s +done\/s/)
    assert.doesNotMatch(lines[0] ?? '', /handed over|normal/)
    assert.match(
      lines[2] ?? '',
      /^S2 +1,500 +1,499 +1,499 +1,490 .*12\.3 \/ 40 \/ 88.* flat .* 1,400 +clean$/,
    )
    // One run alone reads better from top to bottom.
    assert.match(tableLines({ runs: [runOf()] }).join('\n'), /^run +S1\noffered\/s +1,500\n/)
  })
})

describe('the page of the report', () => {
  it('needs nothing from anywhere else, and contains the library of its charts', () => {
    const whole = pageOf(reportOf())
    const library = readFileSync('node_modules/uplot/dist/uPlot.iife.min.js', 'utf8')
    assert.ok(whole.includes(library) && !library.includes('</script'))
    const page = whole.replace(library, '')
    assert.doesNotMatch(page, /https?:\/\//)
    assert.doesNotMatch(
      page,
      /\b(src|srcset|href|action)\s*=|@import|url\(|fetch\(|XMLHttpRequest|<link|<iframe/,
    )
    assert.match(page, /Content-Security-Policy" content="default-src &#39;none&#39;/)
  })

  it('takes what it is given as text, never as HTML', () => {
    const evil = `<img src=x onerror="alert('1')">&amp;`
    const run = runOf({
      name: evil,
      title: evil,
      notes: [evil],
      settings: { [evil]: evil },
      answers: { [evil]: 1 },
    })
    const page = pageOf(
      reportOf({ title: evil, runs: [run], durability: [{ name: evil, value: evil, note: evil }] }),
    )
    assert.doesNotMatch(page, /<img/)
    assert.match(page, /&lt;img src=x onerror=&quot;alert\(&#39;1&#39;\)&quot;&gt;&amp;amp;/)
  })

  it('shows verdicts, ratios, settings, tables and where it was measured', () => {
    const page = pageOf(reportOf())
    for (const text of ['not met', 'Limiting factor: the disk', 'S1 to one by one', 'at least 8'])
      assert.ok(page.includes(text), text)
    for (const text of ['sync_binlog', 'ext4', 'a processor', 'Claims', '1.25', 'no answer (closed): 2'])
      assert.ok(page.includes(text), text)
  })

  it('shows end-to-end latency, and a limit of memory only where the benchmark judges by it', () => {
    const page = pageOf(reportOf())
    assert.match(page, /End-to-end latency, p50 \/ p95 \/ p99<\/dt>\s*<dd>express 41 \/ 80 \/ 120 ms/)
    assert.doesNotMatch(page, /target of an engine process/)
    const judged = pageOf(reportOf({ memoryLimitBytes: 300 * 1024 * 1024 }))
    assert.match(judged, /target of an engine process, 300 MiB/)
  })

  it('draws each run over time, with a gap where nothing was measured', () => {
    const page = pageOf(reportOf())
    const charts = [...page.matchAll(/data-chart="([^"]*)"/g)].map(
      ([, json = '']) => JSON.parse(json.replaceAll('&quot;', '"')) as ReturnType<typeof plotDataOf>,
    )
    assert.deepEqual(
      charts.map(({ title }) => title),
      ['Rates', 'Backlog', 'HTTP latency', 'CPU', 'Memory'],
    )
    const p99 = charts[2]?.series.find(({ name }) => name === 'p99')
    assert.deepEqual(p99?.drawn, [80, 80, 80, 80, 80, 80, null], 'the last of seven seconds had no answers')
    assert.deepEqual(p99?.texts.slice(-2), ['80', '–'])
  })

  it('stacks layers, the highest first, and shows each layer’s own values', () => {
    const chart = { title: 'CPU', unit: 'cores', atSeconds: [1, 2], measuredUntilSeconds: 2, isStacked: true }
    const layers = [
      { name: 'api', color: 'part-api', values: [1, 2] },
      { name: 'mysql', color: 'part-mysql', values: [3, undefined] },
    ]
    const { series } = plotDataOf({ ...chart, series: layers, mark: { value: 2, text: '2 cores' } })
    assert.deepEqual(
      series.map(({ name, drawn, texts }) => [name, drawn, texts]),
      [
        ['mysql', [4, 2], ['3', '–']],
        ['api', [1, 2], ['1', '2']],
        ['2 cores', [2, 2], ['2', '2']],
      ],
    )
    const far = plotDataOf({ ...chart, series: layers, mark: { value: 11, text: 'far' } })
    assert.equal(far.series.length, 2, 'a mark far above the values would flatten them')
  })

  it('draws nothing of what no run knows', () => {
    const bare = runOf({ samples: [] })
    delete bare.cpu
    delete bare.audit
    delete bare.flat
    const page = pageOf(reportOf({ runs: [bare], targets: [], ratios: [], tables: [] }))
    assert.doesNotMatch(page, /data-chart=|Targets|Ratios|Audit/)
  })
})
