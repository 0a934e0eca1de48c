import assert from 'node:assert/strict'

/** A metric as it is served. */
export interface Family {
  help: string
  type: string
  samples: { series: string; name: string; labels: Record<string, string>; value: number }[]
}

/** Reads the text exposition format, strictly enough to refuse what Prometheus would refuse. */
export function parseExposition(text: string): Map<string, Family> {
  assert.ok(text.endsWith('\n'), 'the last line is ended')
  const families = new Map<string, Family>()
  let current: [string, Family] | undefined
  for (const line of text.split('\n').filter((each) => each !== '')) {
    const [, keyword, name = '', rest = ''] = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line) ?? []
    if (keyword === 'HELP') {
      assert.ok(!families.has(name), `${name} comes twice`)
      current = [name, { help: rest, type: '', samples: [] }]
      families.set(...current)
    } else if (keyword === 'TYPE') {
      assert.equal(current?.[0], name, `${name} has its type beside its help`)
      if (current) current[1].type = rest
    } else {
      addSample(line, current)
    }
  }
  return families
}

function addSample(line: string, current: [string, Family] | undefined): void {
  const [, series = '', name = '', inBraces = '', value = ''] =
    /^(([a-zA-Z_:][\w:]*)(?:\{(.*)\})?) (\S+)$/.exec(line) ?? []
  assert.ok(series, `not a sample: ${line}`)
  assert.ok(current, `before any family: ${line}`)
  const [family, { type, samples }] = current
  const suffixes =
    type === 'histogram' ? ['_bucket', '_sum', '_count'] : type === 'summary' ? ['', '_sum', '_count'] : ['']
  assert.ok(
    suffixes.some((suffix) => name === family + suffix),
    `${line} stands under ${family}`,
  )
  const pairs = [...inBraces.matchAll(/([a-zA-Z_]\w*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)/g)]
  assert.equal(pairs.map(([all]) => all).join(''), inBraces, `labels of ${line}`)
  const labels = Object.fromEntries(pairs.map(([, label = '', text = '']) => [label, text]))
  samples.push({ series, name, labels, value: Number(value.replace('+Inf', 'Infinity')) })
}
