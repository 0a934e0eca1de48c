// Says which operators a message would go to: those of OPERATORS_FILE or OPERATOR_A_URL, or else those of `make up`, as
// they are in DATABASE_URL, or else in the database of `make up`, with --health. See src/explainRoute.ts for the arguments.
import { asksForHelp } from '../src/platform/answerHelp.ts'
import { routeSettings } from './stack/routeSettings.ts'
import { runProgram } from './stack/runOnStack.ts'
import { readState } from './stack/state.ts'

const withHealth = process.argv.includes('--health')
const found = asksForHelp() ? { settings: {} } : routeSettings(process.env, withHealth, await readState())
if ('fault' in found) {
  console.error(`route: ${found.fault}`)
  process.exitCode = 2
} else process.exitCode = runProgram('src/explainRoute.ts', found.settings) ?? 2
