import { readFileSync, readdirSync } from 'node:fs'
import { identify, type ProcessIdentity } from './identity.ts'

/**
 * Every process started here carries marks in its environment, and its children inherit them: PROCESS_MARK names the
 * one server or program it belongs to, STARTER_MARK the process whose end is its own, DATA_MARK the folder of data
 * that it works on. Children that move to another parent or session (Erlang's port mapper does) keep the marks, so
 * they are found where a walk over parents would lose them.
 */
export const PROCESS_MARK = 'CHAPAR_DEV_PROCESS'
export const STARTER_MARK = 'CHAPAR_DEV_STARTER'
export const DATA_MARK = 'CHAPAR_DEV_DATA'

/** All living processes with this mark; another user's are invisible and cannot be ours. */
export function findMarked(name: string, value: string): ProcessIdentity[] {
  return find((entry) => entry === `${name}=${value}`)
}

/** The same for a mark that is a folder: all that work in it or below it. */
export function findMarkedBelow(name: string, folder: string): ProcessIdentity[] {
  return find((entry) => entry === `${name}=${folder}` || entry.startsWith(`${name}=${folder}/`))
}

function find(isWanted: (entry: string) => boolean): ProcessIdentity[] {
  return readdirSync('/proc')
    .filter((name) => /^[0-9]+$/.test(name) && environmentOf(name).some(isWanted))
    .map((name) => identify(Number(name)))
    .filter((identity) => identity !== undefined)
}

function environmentOf(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0')
  } catch {
    return []
  }
}
