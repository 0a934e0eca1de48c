import type { StackState } from '../dev/stack/state.ts'
import type { ByPart, Part } from './result.ts'

/** As the parts of `make up` are called. Of a server that was there before no process is known. */
const PART_OF: Record<string, Part> = {
  database: 'mysql',
  broker: 'rabbitmq',
  'operator-a': 'simulators',
  'operator-b': 'simulators',
  'operator-test': 'simulators',
  API: 'engine',
}

/** The processes of what `make up` started, to see what each part costs. */
export function processesOf({ parts }: StackState): ByPart<number[]> {
  const pids: ByPart<number[]> = {}
  for (const { name, processes } of parts) {
    const part = PART_OF[name]
    if (part && processes.length > 0) (pids[part] ??= []).push(...processes.map(({ pid }) => pid))
  }
  return pids
}
