import { isRunning, readState } from '../dev/stack/state.ts'
import { isLoopback } from '../src/platform/config/index.ts'
import { MAY_LOAD_REMOTE } from './settings.ts'
import type { WhereSettings } from './settings.ts'

/** What is put under load. Without the database's address nothing can be audited. */
export interface Target {
  baseUrl: string
  databaseUrl: string | undefined
}

/** Finds what `make up` started, or what the settings name. @throws Error that says what to do, in one line. */
export async function findTarget(
  settings: WhereSettings & { BASE_URL: string | undefined },
): Promise<Target> {
  const { BASE_URL, DATABASE_URL } = settings
  const up = await readUp()
  const baseUrl = BASE_URL ?? up?.apiUrl
  if (baseUrl === undefined) throw new Error('nothing to load: start it with "make up", or set BASE_URL')
  // The database of the one must not be audited for the load on the other.
  const isUp = up !== undefined && new URL(up.apiUrl).origin === new URL(baseUrl).origin
  const databaseUrl = DATABASE_URL ?? (isUp ? up.databaseUrl : undefined)
  for (const url of [baseUrl, databaseUrl]) if (url !== undefined) assertMayLoad(url, settings)
  return { baseUrl, databaseUrl }
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
  if (isLoopback(hostname.replace(/^\[|\]$/g, '')) || ALLOW_REMOTE === MAY_LOAD_REMOTE) return
  throw new Error(`${hostname} is not this machine; if you may, set ALLOW_REMOTE=${MAY_LOAD_REMOTE}`)
}
