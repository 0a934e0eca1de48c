// The process of one load generator. Its first line of input is the plan; it writes lines of JSON (see start.ts), one a
// second and the result at the end. When its input ends, so does the sending: it never outlives who started it for long.
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
// Nobody is there to read it any more.
process.stdout.on('error', () => process.exit(1))

function write(line: GeneratorLine): void {
  process.stdout.write(`${JSON.stringify(line)}\n`)
}
