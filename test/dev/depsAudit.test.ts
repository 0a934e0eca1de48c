import assert from 'node:assert/strict'
import { CannotBeAsked, describeHoles, readReport, sortOut } from '../../dev/depsAudit.ts'

function report(...found: [name: string, severity: string][]): string {
  const vulnerabilities = Object.fromEntries(
    found.map(([name, severity]) => [
      name,
      { name, severity, range: '<1.2.3', via: [{ title: `a hole in ${name}` }, 'other'], fixAvailable: true },
    ]),
  )
  return JSON.stringify({ auditReportVersion: 2, vulnerabilities })
}

describe('the audit of the packages', () => {
  it('lists the gravest hole first, with what it is and whether it is mended', () => {
    const holes = readReport(report(['b', 'low'], ['c', 'critical'], ['a', 'low']))
    assert.deepEqual(
      holes.map((hole) => hole.package),
      ['c', 'a', 'b'],
    )
    const lines = describeHoles('production', holes)
    assert.equal(lines.length, 4)
    assert.match(lines[1] ?? '', /critical {2}c {2}<1\.2\.3 {2}fix: yes {2}a hole in c; by other/)
    assert.deepEqual(describeHoles('development', []), ['development: no known hole'])
  })

  it('fails for production from moderate on, and never for what only development has', () => {
    const all = readReport(report(['a', 'low'], ['b', 'moderate'], ['c', 'critical']))
    const only = (...names: string[]) => all.filter((hole) => names.includes(hole.package))
    assert.equal(sortOut(only('a'), all).isGrave, false)
    assert.equal(sortOut(only('a', 'b'), all).isGrave, true)
    assert.deepEqual(
      sortOut(only('a'), all).development.map((hole) => hole.package),
      ['c', 'b'],
    )
  })

  it('says that nobody could be asked, and names no address', () => {
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
        (error: Error) => error instanceof CannotBeAsked && said.test(error.message),
      )
    }
  })
})
