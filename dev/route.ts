// Says which operators a message would go to: those of OPERATORS_FILE or OPERATOR_A_URL, or else those of `make up`.
// See src/explainRoute.ts for the arguments.
import { runProgram } from './stack/runOnStack.ts'
import { readState } from './stack/state.ts'

const isGiven = Boolean(process.env['OPERATORS_FILE'] || process.env['OPERATOR_A_URL'])
const settings = isGiven ? {} : (await readState())?.operatorSettings
if (settings === undefined && !process.argv.includes('--help')) {
  console.error('route: no operators: set OPERATORS_FILE, or start the stack with "make up"')
  process.exitCode = 2
} else process.exitCode = runProgram('src/explainRoute.ts', settings ?? {}) ?? 2
