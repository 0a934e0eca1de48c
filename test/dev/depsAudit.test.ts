import assert from 'node:assert/strict'
import { RegistryUnavailable, describeVulnerabilities, readReport, separate } from '../../dev/depsAudit.ts'

function report(...found: [name: string, severity: string][]): string {
  const vulnerabilities = Object.fromEntries(
    found.map(([name, severity]) => [
      name,
      {
        name,
        severity,
        range: '<1.2.3',
        via: [{ title: `a fault in ${name}` }, 'other'],
        fixAvailable: true,
      },
    ]),
  )
  return JSON.stringify({ auditReportVersion: 2, vulnerabilities })
}

describe('the audit of the packages', () => {
  it('lists the most severe vulnerability first, with what it is and whether there is a fix', () => {
    const vulnerabilities = readReport(report(['b', 'low'], ['c', 'critical'], ['a', 'low']))
    assert.deepEqual(
      vulnerabilities.map((found) => found.package),
      ['c', 'a', 'b'],
    )
    const lines = describeVulnerabilities('production', vulnerabilities)
    assert.equal(lines.length, 4)
    assert.match(lines[1] ?? '', /critical {2}c {2}<1\.2\.3 {2}fix: yes {2}a fault in c; by other/)
    assert.deepEqual(describeVulnerabilities('development', []), ['development: no known vulnerability'])
  })

  it('fails for production from moderate on, and never for what only development has', () => {
    const all = readReport(report(['a', 'low'], ['b', 'moderate'], ['c', 'critical']))
    const only = (...names: string[]) => all.filter((found) => names.includes(found.package))
    assert.equal(separate(only('a'), all).isSevere, false)
    assert.equal(separate(only('a', 'b'), all).isSevere, true)
    assert.deepEqual(
      separate(only('a'), all).development.map((found) => found.package),
      ['c', 'b'],
    )
  })

  it('says that the registry could not be reached, and names no address', () => {
    for (const [text, said] of [
      ['', /^npm gave no report$/],
      ['{}', /no report in the known form/],
      [
        JSON.stringify({ message: 'request to https://user:secret@host/path failed, reason: refused' }),
        /^request to the registry failed, reason: refused$/,
      ],
      [
        JSON.stringify({ message: '405 Method Not Allowed - POST https://host/-/bulk' }),
        /^405 Method Not Allowed$/,
      ],
    ] as const) {
      assert.throws(
        () => readReport(text),
        (error: Error) => error instanceof RegistryUnavailable && said.test(error.message),
      )
    }
  })
})
