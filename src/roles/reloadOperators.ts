import { readOperatorsFile } from '../operators/index.ts'
import type { OperatorConfig, OperatorEvents, Operators, OperatorsFile } from '../operators/index.ts'
import { findLive } from './operatorsOf.ts'
import type { Config } from './config.ts'

export interface ReloadOptions {
  path: string
  config: Pick<Config, 'testOperatorUrl'>
  operators: Pick<Operators, 'reload'>
  events: Pick<OperatorEvents, 'fileApplied' | 'fileRefused' | 'notAnnounced'>
  /** Called with what is in effect from now. */
  onApplied: (file: OperatorsFile) => void
  /** Makes the operators known to who controls them. */
  announce: (operators: OperatorConfig[]) => Promise<void>
}

/** Reads the operators' file again. It is applied as a whole, or refused as a whole: then the old one stays in effect. */
export function reloadOperators({
  path,
  config,
  operators,
  events,
  onApplied,
  announce,
}: ReloadOptions): void {
  const read = readAgain(path, config)
  if ('faults' in read) return events.fileRefused(read)
  try {
    events.fileApplied(operators.reload(read))
  } catch (error) {
    return events.fileRefused({ faults: [(error as Error).message] })
  }
  onApplied(read)
  announce(read.operators).catch((error: unknown) => events.notAnnounced(error))
}

/** @returns what the file says, or why that cannot take the place of what is in effect. */
export function readAgain(
  path: string,
  { testOperatorUrl }: Pick<Config, 'testOperatorUrl'>,
): OperatorsFile | { faults: string[] } {
  const read = readOperatorsFile(path)
  const faults = 'faults' in read ? read.faults : findLive(testOperatorUrl, read.operators)
  return faults.length > 0 ? { faults } : read
}
