import { SETTINGS } from '../../src/roles/settings.ts'
import { SIMULATOR_SETTINGS } from './simulatedOperators.ts'

/** What `make up` decides, whatever its caller says. */
export const MADE_HERE = ['OPERATOR_A_URL', 'OPERATOR_B_URL', 'TEST_OPERATOR_URL', 'ROLE']

/** PORT is refused with a reason of its own. */
const NAMES = [...Object.keys(SETTINGS), ...SIMULATOR_SETTINGS, 'DB_ENGINE', 'BROKER'].filter(
  (name) => name !== 'PORT' && !MADE_HERE.includes(name),
)

/** What the caller of `make up` sets of the engine, the simulated operators and the servers. */
export function givenSettings(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(NAMES.flatMap((name) => (env[name] ? [[name, env[name]]] : [])))
}
