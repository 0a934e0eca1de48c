import assert from 'node:assert/strict'
import { printProgress } from '../../../dev/servers/printProgress.ts'

describe('progress', () => {
  function record(isTTY: boolean) {
    let text = ''
    let nowMs = 0
    const output = { isTTY, write: (part: string) => (text += part) }
    const report = printProgress(output, () => nowMs)
    return { report, text: () => text, pass: (ms: number) => (nowMs += ms) }
  }

  it('is one line on a terminal, updated in place', () => {
    const { report, text } = record(true)
    report('downloading')
    report('1 of 3', true)
    report('2 of 3', true)
    report('done')
    assert.equal(text(), 'downloading\n1 of 3\r\x1b[K2 of 3\r\x1b[Kdone\n')
  })

  it('is a line every five seconds without a terminal', () => {
    const { report, text, pass } = record(false)
    report('downloading')
    report('1 of 9', true)
    pass(5_000)
    report('2 of 9', true)
    pass(4_999)
    report('3 of 9', true)
    report('done')
    assert.equal(text(), 'downloading\n2 of 9\ndone\n')
  })
})
