import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isAlive, type ProcessIdentity } from '../processes/identity.ts'
import { LOCAL } from './folders.ts'
import type { Program } from './programs.ts'

/** Everything of `make up`: data, logs and the record of what runs. */
export const UP_FOLDER = join(LOCAL, 'up')

/** Taken while the stack is started or stopped. */
export const LOCK_FILE = join(UP_FOLDER, 'lock')

const STATE_FILE = 'state.json'

export interface StackPart {
  name: string
  /** Its address, and whatever else is worth reading beside it. */
  url: string
  notes: string[]
  /** The process itself first, then its helpers; empty for a server that was there before. */
  processes: ProcessIdentity[]
}

/** What `make up` started, in the order of starting. */
export interface StackState {
  parts: StackPart[]
  apiUrl: string
  /** For the operations page. Absent in the record of an older version. */
  adminKey?: string
  /** As its programs use them, with passwords. */
  databaseUrl: string
  amqpUrl: string
  /** What the caller gave at the start. Absent in the record of an older version. */
  given?: NodeJS.ProcessEnv
  /** The engine's settings that say where its operators are; absent as well. */
  operatorSettings?: NodeJS.ProcessEnv
  /** The receiver of spans; absent where the caller has another one, or none. */
  tracesUrl?: string
  /** Why it is not quite what was meant, for the last line. */
  fallback?: string
}

export function programPart(program: Program, name: string, notes: string[]): StackPart {
  return { name, url: program.url, notes, processes: program.processes() }
}

export function logFileOf(name: string, folder = UP_FOLDER): string {
  return join(folder, `${name}.log`)
}

/** Undefined when nothing was started, or when the record cannot be read. */
export async function readState(folder = UP_FOLDER): Promise<StackState | undefined> {
  try {
    return JSON.parse(await readFile(join(folder, STATE_FILE), 'utf8')) as StackState
  } catch {
    return undefined
  }
}

/** The file holds passwords of the private servers, so it is the owner's alone. */
export async function writeState(state: StackState, folder = UP_FOLDER): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const file = join(folder, STATE_FILE)
  await writeFile(`${file}.new`, JSON.stringify(state, null, 2) + '\n', { mode: 0o600 })
  await rename(`${file}.new`, file)
}

export async function removeState(folder = UP_FOLDER): Promise<void> {
  await rm(join(folder, STATE_FILE), { force: true })
}

/** True while the part's own process lives; its helpers may come and go. */
export function isRunning(part: StackPart): boolean {
  const [main] = part.processes
  return main === undefined || isAlive(main)
}
