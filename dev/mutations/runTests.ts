import { mkdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { launch, tailOf } from '../processes/launch.ts'
import { waitUntil } from '../processes/waitUntil.ts'

export interface Failure {
  title: string
  /** A test failed, or the look at what it left behind. False: a hook, before a test could. */
  isOfTest: boolean
}

/** What mocha counted. */
export interface Report {
  passes: number
  failures: Failure[]
  /** The run came to its end; when three tests failed, that is where it ends. */
  hasEnded: boolean
}

export interface TestRun {
  /** Undefined when mocha did not come as far as running a test. */
  report: Report | undefined
  /** The last lines that it wrote. */
  tail: string
}

/** The suite takes some minutes as a whole; a run that takes longer than this has hung itself up. */
const TIMEOUT_MS = 600_000
const REPORT_FILE = '.local/report.json'
const LOG_FILE = '.local/mocha.log'

/** Runs test files of a copy with the copy's own settings for mocha. The log of the run is `.local/mocha.log` there. */
export async function runTests(root: string, files: string[], stopping?: AbortSignal): Promise<TestRun> {
  stopping?.throwIfAborted()
  await mkdir(join(root, '.local'), { recursive: true })
  await rm(join(root, REPORT_FILE), { force: true })
  const logFile = join(root, LOG_FILE)
  const mocha = await launch({
    command: process.execPath,
    args: [
      join(root, 'node_modules/mocha/bin/mocha.js'),
      ...files,
      ...['--reporter', join(import.meta.dirname, 'reporter.cjs')],
      ...['--reporter-option', `reportFile=${join(root, REPORT_FILE)}`],
      // What a failed test left open must not keep the run from ending.
      '--exit',
    ],
    env: environment(),
    cwd: root,
    logFile,
  })
  try {
    await waitUntil(() => mocha.exit(), { what: 'the tests to end', timeoutMs: TIMEOUT_MS })
  } catch {
    // It is judged by what it reported until now.
  } finally {
    await mocha.kill()
  }
  return { report: await readReport(join(root, REPORT_FILE)), tail: tailOf(logFile) }
}

/** The caller's, who may have chosen the servers. Coverage of a copy is not coverage of the checkout. */
function environment(): Record<string, string> {
  const env = { ...process.env } as Record<string, string>
  delete env['NODE_V8_COVERAGE']
  return env
}

async function readReport(file: string): Promise<Report | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Report
  } catch {
    return undefined
  }
}
