import type { ProcessState } from '../../src/processes/index.ts'

type ClassState = ProcessState['classes']['normal']

/** What a process might say, the same of both classes. */
export function stateOf(
  changes: Partial<ClassState> = {},
  operators: ProcessState['operators'] = [],
): ProcessState {
  const both: ClassState = {
    ...{ acceptedRecipients: 0, handedOverRecipients: 0, failedRecipients: 0 },
    ...{ handedOverPerSecond: 0, recipientsInFlight: 0, ...changes },
  }
  return { classes: { normal: both, express: both }, operators, operatorsOmitted: 0, backlog: null }
}

/** Of an operator's class, as a consumer might say; open where a time is given. */
export function breakerOf(
  name: string,
  openForMs: number | null = null,
  isTest = false,
): ProcessState['operators'][number] {
  return {
    ...{ name, class: 'normal', isTest, breaker: openForMs === null ? 'closed' : 'open' },
    ...{ openForMs, callsPerSecond: null },
  }
}
