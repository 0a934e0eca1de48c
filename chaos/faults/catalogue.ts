import { BROKER_FAULTS } from './broker.ts'
import { DATABASE_FAULTS } from './database.ts'
import type { Fault, Group } from './fault.ts'
import { LINK_FAULTS } from './links.ts'
import { OPERATOR_FAULTS } from './operators.ts'
import { PROCESS_FAULTS } from './processes.ts'
import { SESSION_FAULTS } from './sessions.ts'
import { THROTTLING } from './throttling.ts'

/** Everything that can go wrong in a run. */
export const FAULTS: readonly Fault[] = [
  ...PROCESS_FAULTS,
  ...DATABASE_FAULTS,
  ...SESSION_FAULTS,
  ...BROKER_FAULTS,
  ...LINK_FAULTS,
  ...OPERATOR_FAULTS,
  THROTTLING,
]

export function faultsOf(group: Group): Fault[] {
  return FAULTS.filter((fault) => fault.group === group)
}
