import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { CHECKOUT } from '../../dev/stack/folders.ts'
import { readMetricsPage } from '../support/metricsPage.ts'

interface Rule {
  alert?: string
  expr: string
  labels?: { severity?: string }
  annotations?: { summary?: string; runbook_url?: string }
}

const FOLDER = join(CHECKOUT, 'docker/prometheus')

function rulesOf(file: string): Rule[] {
  const { groups } = parse(readFileSync(join(FOLDER, file), 'utf8')) as { groups: { rules: Rule[] }[] }
  return groups.flatMap(({ rules }) => rules)
}

describe('the alerts', () => {
  const alerts = rulesOf('alerts.yml')
  const names = alerts.map(({ alert }) => alert ?? '')
  const runbook = readFileSync(join(CHECKOUT, 'docs/runbook.md'), 'utf8')
  const paragraphs = new Map(
    runbook
      .split(/^## /m)
      .map((part) => [part.split('\n', 1)[0] ?? '', part.split('\n').slice(1).join('\n')]),
  )

  it('each have a paragraph of the runbook, and each paragraph is of one', () => {
    assert.ok(names.length > 15)
    assert.deepEqual([...runbook.matchAll(/^## (.*)$/gm)].map(([, title]) => title).sort(), names.toSorted())
    for (const { alert = '', annotations } of alerts)
      assert.equal(annotations?.runbook_url, `docs/runbook.md#${alert.toLowerCase()}`)
  })

  it('say what is wrong and how soon someone has to see it, in the runbook as well', () => {
    for (const { alert = '', labels, annotations } of alerts) {
      const severity = labels?.severity ?? ''
      assert.match(severity, /^(page|ticket)$/, alert)
      assert.ok((annotations?.summary?.length ?? 0) > 10, alert)
      const word = severity === 'page' ? '**Page.**' : '**Ticket.**'
      assert.ok(paragraphs.get(alert)?.trim().startsWith(word), alert)
    }
  })

  it('each have a test in which they fire and one in which they do not', () => {
    const tests = globSync('*.test.yml', { cwd: FOLDER }).flatMap(
      (file) =>
        (
          parse(readFileSync(join(FOLDER, file), 'utf8')) as {
            tests: { promql_expr_test: { expr: string; exp_samples: unknown[] }[] }[]
          }
        ).tests,
    )
    const expected = tests.flatMap(({ promql_expr_test: cases }) => cases)
    for (const name of names) {
      const ofAlert = expected.filter(({ expr }) => expr.includes(`"${name}"`))
      assert.ok(ofAlert.some(({ exp_samples: samples }) => samples.length > 0) && ofAlert.length > 1, name)
      assert.ok(
        ofAlert.some(({ exp_samples: samples }) => samples.length === 0),
        name,
      )
    }
  })

  it('and the recorded ratios read metrics that the engine serves, with labels that these have', () => {
    const served = readMetricsPage()
    for (const { expr } of [...alerts, ...rulesOf('recording.yml')])
      for (const [, name = '', braces = ''] of expr.matchAll(/\b((?:chapar|http)_\w+)(?:\{([^}]*)\})?/g)) {
        const labels = served.get(name.replace(/_(bucket|count|sum)$/, '')) ?? served.get(name)
        assert.ok(labels, `${name} is not in docs/metrics.md`)
        for (const [, label = ''] of braces.matchAll(/(\w+)(?:=~|!~|!=|=)"/g))
          assert.ok(/^(le|job|instance)$/.test(label) || labels.includes(label), `${name}: ${label}`)
      }
  })
})
