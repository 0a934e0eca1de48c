import type { StackState } from './state.ts'

/**
 * What `npm run route` takes from the record of `make up`, where the caller set nothing.
 * @returns settings for the program, or what the caller has to do.
 */
export function routeSettings(
  env: NodeJS.ProcessEnv,
  withHealth: boolean,
  state: Pick<StackState, 'databaseUrl' | 'operatorSettings'> | undefined,
): { settings: NodeJS.ProcessEnv } | { fault: string } {
  const isGiven = Boolean(env['OPERATORS_FILE'] || env['OPERATOR_A_URL'])
  const operators = isGiven ? {} : state?.operatorSettings
  if (!operators) return { fault: 'no operators: set OPERATORS_FILE, or start the stack with "make up"' }
  if (!withHealth || env['DATABASE_URL']) return { settings: operators }
  if (!state) return { fault: 'no database: set DATABASE_URL, or start the stack with "make up"' }
  return { settings: { ...operators, DATABASE_URL: state.databaseUrl } }
}
