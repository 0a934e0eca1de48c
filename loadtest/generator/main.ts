// The process of one load generator. Its first line of input is the plan; it writes lines of JSON (see start.ts), one a
// second and the result at the end. When its input ends, it stops sending, so that it does not outlive its parent for
// long.
import { createInterface } from 'node:readline'
import type { GeneratorPlan } from './plan.ts'
import { runPlan } from './run.ts'
import type { GeneratorLine } from './start.ts'

const input = createInterface({ input: process.stdin })
const stopped = new Promise<void>((resolve) => input.once('close', resolve))

input.once('line', (line) => {
  void runPlan(JSON.parse(line) as GeneratorPlan, stopped, (progress) => write({ progress }))
    .then((result) => write({ result }))
    .catch((fault: unknown) => write({ fault: fault instanceof Error ? fault.message : String(fault) }))
    .finally(() => input.close())
})
// The parent process no longer reads the output.
process.stdout.on('error', () => process.exit(1))

function write(line: GeneratorLine): void {
  process.stdout.write(`${JSON.stringify(line)}\n`)
}
