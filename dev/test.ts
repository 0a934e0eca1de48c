// make test: runs the whole suite under coverage, its files divided among processes with servers of their own, or only
// the files and folders that are named, in one process; other arguments go to mocha (`npm test -- test/outbox --grep
// lease`). The last line has the counts; no test at all is a failure, and so is a skipped one where CI is set.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, rmSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { answerHelp } from './commands/help.ts'
import { endProcess } from './processes/end.ts'
import { identify } from './processes/identity.ts'
import { describeExit } from './processes/launch.ts'
import { onInterrupt } from './processes/onInterrupt.ts'
import { killStarted, starterMark } from './processes/watchdog.ts'
import { givenServers } from './servers/given.ts'
import { CHECKOUT } from './stack/folders.ts'
import { conclude, describeCounts, listFailed, type Counts } from './tests/conclude.ts'
import { readArguments } from './tests/readArguments.ts'
import { removeAbandoned } from './tests/removeAbandoned.ts'

// A database that has to write back its pages is the slowest to stop.
const STOP_GRACE_MS = 30_000

/** Most tests wait more than they compute, so that two keep two cores busy. */
const PROCESSES = 2

answerHelp('test')
const bin = (path: string) => resolve(CHECKOUT, 'node_modules', path)
const { files, flags, isWholeSuite } = readArguments(process.argv.slice(2))
const folder = await mkdtemp(join(tmpdir(), 'chapar-test-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
const countsFile = join(folder, 'counts.json')
const coverageFolder = join(folder, 'coverage')

const isDivided = isWholeSuite && !givenServers(process.env)

const mocha = spawn(
  process.execPath,
  [
    ...['--require', './src/runtime.cjs', bin('mocha/bin/mocha.js'), ...files],
    ...['--reporter', './test/support/reporter.cjs', '--reporter-option', `countsFile=${countsFile}`],
    ...(isDivided ? ['--parallel', '--jobs', `${PROCESSES}`] : []),
    ...flags,
  ],
  {
    cwd: CHECKOUT,
    stdio: 'inherit',
    // A session of its own: Ctrl-C reaches this process, which ends the tests in order.
    detached: true,
    env: {
      ...process.env,
      ...starterMark(),
      TMPDIR: folder,
      CHAPAR_TESTS_DIVIDED: `${isDivided}`,
      ...(isWholeSuite ? { NODE_V8_COVERAGE: coverageFolder } : {}),
    },
  },
)
const exited = once(mocha, 'exit') as Promise<[number | null, NodeJS.Signals | null]>
const interrupts = onInterrupt(stopEarly)

const [code, signal] = await exited
if (!interrupts.happened()) await finish(describeExit({ code, signal }))

async function finish(exit: string): Promise<void> {
  await killStarted()
  await removeAbandoned()
  if (isWholeSuite) await reportCoverage()
  const counts = readCounts()
  const { isSuccess, line } = conclude(counts, exit, !process.env['CI'])
  for (const each of listFailed(counts)) console.log(each)
  console.log(line)
  process.exitCode = isSuccess ? 0 : 1
}

async function stopEarly(): Promise<void> {
  const identity = identify(mocha.pid ?? 0)
  if (identity) await endProcess(identity, STOP_GRACE_MS)
  await killStarted()
  await removeAbandoned()
  const counts = readCounts()
  console.log(`interrupted: ${counts ? `${describeCounts(counts)} so far` : 'no test was run'}`)
}

async function reportCoverage(): Promise<void> {
  const args = ['report', '--include', 'src/**/*.ts', '--reporter', 'text-summary', '--reporter', 'html']
  const c8 = spawn(process.execPath, [bin('c8/bin/c8.js'), ...args, '--temp-directory', coverageFolder], {
    cwd: CHECKOUT,
    stdio: 'inherit',
  })
  await once(c8, 'exit')
}

function readCounts(): Counts | undefined {
  try {
    return JSON.parse(readFileSync(countsFile, 'utf8')) as Counts
  } catch {
    return undefined
  }
}
