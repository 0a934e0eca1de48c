import { isRunning, readState, UP_FOLDER } from '../dev/stack/state.ts'
import type { StackState } from '../dev/stack/state.ts'
import { isLoopback } from '../src/platform/config/index.ts'
import { processesOf } from './parts.ts'
import type { ByPart } from './result.ts'
import { MAY_LOAD_REMOTE } from './settings.ts'
import type { WhereSettings } from './settings.ts'

/** What is put under load. Without the database's address nothing can be audited, and results are read through the API. */
export interface Target {
  baseUrl: string
  databaseUrl: string | undefined
  /** What only `make up` tells: its processes, where its data lies, and its servers. */
  processes: ByPart<number[]>
  dataFolder: string | undefined
  /** It records each trace unless the client says else, as for a developer: not what a load should measure. */
  tracesAll: boolean
  versions: Record<string, string>
}

/** Finds what `make up` started, or what the settings name. @throws Error that says what to do, in one line. */
export async function findTarget(
  settings: WhereSettings & { BASE_URL: string | undefined },
): Promise<Target> {
  const { BASE_URL, DATABASE_URL } = settings
  const up = await readUp()
  const baseUrl = BASE_URL ?? up?.apiUrl
  if (baseUrl === undefined) throw new Error('no target: start the stack with "make up", or set BASE_URL')
  // The database of the one must not be audited for the load on the other.
  const isUp = up !== undefined && addressOf(up.apiUrl) === addressOf(baseUrl)
  const databaseUrl = DATABASE_URL ?? (isUp ? up.databaseUrl : undefined)
  for (const url of [baseUrl, databaseUrl]) if (url !== undefined) assertMayLoad(url, settings)
  return { baseUrl, databaseUrl, ...(isUp ? detailsOf(up) : NO_DETAILS) }
}

/** The names of this machine are one: a person types localhost. */
function addressOf(url: string): string {
  const { protocol, hostname, port } = new URL(url)
  return `${protocol}//${isThisMachine(hostname) ? 'localhost' : hostname}:${port}`
}

function isThisMachine(hostname: string): boolean {
  return isLoopback(hostname.replace(/^\[|\]$/g, ''))
}

type Details = Pick<Target, 'processes' | 'dataFolder' | 'tracesAll' | 'versions'>

const NO_DETAILS: Details = { processes: {}, dataFolder: undefined, tracesAll: false, versions: {} }

function detailsOf(up: StackState): Details {
  const servers = up.parts.filter(({ name, processes }) => isServer(name) && processes.length > 0)
  return {
    processes: processesOf(up),
    dataFolder: servers.length > 0 ? UP_FOLDER : undefined,
    tracesAll: up.tracesUrl !== undefined,
    versions: Object.fromEntries(servers.map(({ name, notes }) => [name, notes.join(', ')])),
  }
}

function isServer(name: string): boolean {
  return name === 'database' || name === 'broker'
}

/** @throws Error that says what to do, in one line. */
export async function findDatabase(settings: WhereSettings): Promise<string> {
  const databaseUrl = settings.DATABASE_URL ?? (await readUp())?.databaseUrl
  if (databaseUrl === undefined)
    throw new Error('no database to write to: start one with "make up", or set DATABASE_URL')
  assertMayLoad(databaseUrl, settings)
  return databaseUrl
}

async function readUp() {
  const state = await readState()
  return state?.parts.every(isRunning) ? state : undefined
}

function assertMayLoad(url: string, { ALLOW_REMOTE }: WhereSettings): void {
  const { hostname } = new URL(url)
  if (isThisMachine(hostname) || ALLOW_REMOTE === MAY_LOAD_REMOTE) return
  throw new Error(`${hostname} is not this machine; if you may, set ALLOW_REMOTE=${MAY_LOAD_REMOTE}`)
}
