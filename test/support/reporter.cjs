'use strict'
// Mocha's own report, and the counts in a file for whoever started it.
const { writeFileSync } = require('node:fs')
const { Spec } = require('mocha').reporters

class SpecWithCounts extends Spec {
  constructor(runner, options) {
    super(runner, options)
    const { countsFile } = options.reporterOptions ?? {}
    runner.once('end', () => {
      const { passes, failures, pending } = this.stats
      if (countsFile) writeFileSync(countsFile, JSON.stringify({ passes, failures, pending }))
    })
  }
}

module.exports = SpecWithCounts
