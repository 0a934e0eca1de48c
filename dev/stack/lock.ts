import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { identify, isAlive, type ProcessIdentity } from '../processes/identity.ts'

const TRIES_MAX = 3

/**
 * Runs `work` while no other process of this checkout does the like. A lock whose holder is gone is taken over.
 * Throws when someone else holds it.
 */
export async function withLock<T>(file: string, work: () => Promise<T>): Promise<T> {
  await take(file)
  try {
    return await work()
  } finally {
    await rm(file, { force: true })
  }
}

async function take(file: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 })
  for (let tries = 0; tries < TRIES_MAX; tries += 1) {
    try {
      await writeFile(file, JSON.stringify(identify(process.pid) ?? null), { flag: 'wx' })
      return
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
    const holder = await readHolder(file)
    if (holder && isAlive(holder))
      throw new Error(`process ${holder.pid} is at work on this stack already (${file})`)
    await rm(file, { force: true })
  }
  throw new Error(`cannot take ${file}`)
}

async function readHolder(file: string): Promise<ProcessIdentity | null> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as ProcessIdentity | null
  } catch {
    return null
  }
}
