// make bench: runs the benchmark on private servers and prints its figures and the report's path. No process outlives
// it. `--help` lists the options.
import { join, relative } from 'node:path'
import { onInterrupt } from '../../dev/processes/onInterrupt.ts'
import { createStopList } from '../../dev/processes/stopList.ts'
import { killStarted } from '../../dev/processes/watchdog.ts'
import { withLock } from '../../dev/stack/lock.ts'
import { runComparison } from './against/runComparison.ts'
import { writeReport } from '../report/index.ts'
import { asksForHelp } from '../help.ts'
import { HELP, readOptions } from './options.ts'
import type { BenchOptions } from './options.ts'
import { BENCH_FOLDER, removeData, setStage } from './stage/stage.ts'
import { describeOutcome, describeStage, isGood } from './describeBench.ts'
import { runBench } from './runBench.ts'

if (asksForHelp(process.argv.slice(2))) {
  console.log(HELP)
  process.exit(0)
}
const stopList = createStopList()
const interrupts = onInterrupt(stopInterrupted)

try {
  const options = readOptions(process.argv.slice(2), process.env)
  await withLock(join(BENCH_FOLDER, 'lock'), () => bench(options))
} catch (error) {
  if (!interrupts.happened()) await giveUp(error)
}

async function bench(options: BenchOptions): Promise<void> {
  // After an interrupt, errors of the load only say that its servers were stopped.
  const print = (line: string) => void (interrupts.happened() || console.log(line))
  const stage = await setStage(process.env, stopList, print)
  describeStage(stage).forEach(print)
  const { against } = options
  const report = against
    ? await runComparison(stage, { ...options, against }, stopList, print)
    : await runBench(stage, options, stopList, print)
  await stopList.stopAll()
  describeOutcome(report).forEach(print)
  const { htmlFile, jsonFile } = await writeReport(report)
  print(`figures     ${relative(process.cwd(), jsonFile)}`)
  print(`report      ${relative(process.cwd(), htmlFile)}`)
  process.exitCode = isGood(report, options.isStrict) ? 0 : 1
}

/** The folder is removed last, because the interrupted work may still start a process that writes to it. */
async function stopInterrupted(): Promise<void> {
  console.error('interrupted')
  try {
    await stopList.stopAll()
  } finally {
    await removeData()
  }
}

async function giveUp(error: unknown): Promise<void> {
  await stopList.stopAll().catch((fault: unknown) => console.error(fault))
  await killStarted()
  console.error(`bench: ${error instanceof Error ? error.message : String(error)}`)
  process.exit(1)
}
