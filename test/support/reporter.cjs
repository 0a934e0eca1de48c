'use strict'
// Mocha's own report, and the counts so far in a file for the process that started it.
const { renameSync, writeFileSync } = require('node:fs')
const { relative } = require('node:path')
const { Spec } = require('mocha').reporters

const MESSAGE_CHARS_MAX = 600

/** Its beginning says what failed, and its end, where a log is quoted, why. */
function shorten(message) {
  if (message.length <= MESSAGE_CHARS_MAX) return message
  return `${message.slice(0, MESSAGE_CHARS_MAX / 2)} … ${message.slice(-MESSAGE_CHARS_MAX / 2)}`
}

class SpecWithCounts extends Spec {
  constructor(runner, options) {
    super(runner, options)
    const { countsFile } = options.reporterOptions ?? {}
    if (!countsFile) return
    const failed = []
    runner.on('fail', (test, error) => {
      const message = `${error?.message ?? error}`.replaceAll(/\s+/g, ' ')
      failed.push(`${relative('.', test.file ?? '')}: ${test.fullTitle()}: ${shorten(message)}`)
    })
    const write = (hasEnded) => {
      const { passes, failures, pending } = this.stats
      writeFileSync(`${countsFile}.new`, JSON.stringify({ passes, failures, pending, failed, hasEnded }))
      renameSync(`${countsFile}.new`, countsFile)
    }
    for (const event of ['start', 'pass', 'fail', 'pending']) runner.on(event, () => write(false))
    runner.once('end', () => write(true))
    // Tests that fail because an interrupt stops their servers are neither shown nor counted.
    for (const signal of ['SIGINT', 'SIGTERM'])
      process.once(signal, () => {
        runner.removeAllListeners()
        // Without the suite's set-up nothing else ends the process.
        if (process.listenerCount(signal) === 0) process.kill(process.pid, signal)
      })
  }
}

module.exports = SpecWithCounts
