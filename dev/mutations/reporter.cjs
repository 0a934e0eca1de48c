'use strict'
// Mocha's own report, and in a file which tests failed and whether the run finished. The file is written again at each
// failure, so that the failures of a run that crashes later are known.
const { writeFileSync } = require('node:fs')
const { Spec } = require('mocha').reporters

// Three failures are enough: later tests may each wait a minute for what is broken.
const FAILURES_MAX = 3

class SpecWithReport extends Spec {
  constructor(runner, options) {
    super(runner, options)
    const { reportFile } = options.reporterOptions
    const failures = []
    const write = (hasEnded) => {
      const { passes } = this.stats
      writeFileSync(reportFile, JSON.stringify({ passes, failures, hasEnded }))
    }
    runner.on('fail', (runnable) => {
      // An "after each" hook looks at what its test left behind; any other hook fails before a test could.
      const isOfTest = runnable.type === 'test' || /^"after each" hook/.test(runnable.title)
      failures.push({ title: runnable.fullTitle(), isOfTest })
      write(false)
      if (failures.length >= FAILURES_MAX) runner.abort()
    })
    runner.once('end', () => write(true))
  }
}

module.exports = SpecWithReport
