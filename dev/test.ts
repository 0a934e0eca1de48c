// Runs the whole suite under coverage and closes with the counts. Further arguments go to mocha:
// `npm test -- --grep refund`. No test at all is a failure, and so is a skipped one where CI is set.
import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

interface Counts {
  passes: number
  failures: number
  pending: number
}

const CHECKOUT = resolve(import.meta.dirname, '..')
const bin = (path: string) => resolve(CHECKOUT, 'node_modules', path)

const folder = await mkdtemp(join(tmpdir(), 'chapar-test-'))
const countsFile = join(folder, 'counts.json')
const exitCode = await run([
  bin('c8/bin/c8.js'),
  ...[
    '--include',
    'src/**/*.ts',
    '--reporter',
    'text-summary',
    '--reporter',
    'html',
    '--temp-directory',
    join(folder, 'c8'),
  ],
  ...[process.execPath, '--require', './src/runtime.cjs', bin('mocha/bin/mocha.js'), 'test/**/*.test.ts'],
  ...['--reporter', './test/support/reporter.cjs', '--reporter-option', `countsFile=${countsFile}`],
  ...process.argv.slice(2),
])
const counts = await readCounts()
await rm(folder, { recursive: true, force: true })

const skipped = counts.pending > 0 ? `, ${counts.pending} skipped` : ''
const failures = Math.max(counts.failures, exitCode === 0 ? 0 : 1)
if (counts.passes + counts.failures === 0) console.error('no test was run')
if (counts.pending > 0 && process.env['CI']) console.error('tests were skipped, and CI allows none')
console.log(`${counts.passes} passed, ${failures} failed${skipped}`)
const inOrder = failures === 0 && counts.passes > 0 && !(counts.pending > 0 && process.env['CI'])
process.exitCode = inOrder ? 0 : 1

/** Ctrl-C reaches the tests as well, which stop what they started; we wait for them to end. */
function run(args: string[]): Promise<number> {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal))
  const child = spawn(process.execPath, args, { cwd: CHECKOUT, stdio: 'inherit' })
  return new Promise((end) => child.on('exit', (code) => end(code ?? 1)))
}

async function readCounts(): Promise<Counts> {
  try {
    return JSON.parse(await readFile(countsFile, 'utf8')) as Counts
  } catch {
    return { passes: 0, failures: 0, pending: 0 }
  }
}
