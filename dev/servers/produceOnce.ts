import { existsSync } from 'node:fs'
import { mkdir, readdir, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { identify, isAlive } from '../processes/identity.ts'

/**
 * Makes a folder that is either complete or not there. It is made under a temporary name and renamed when finished,
 * so a run that dies half-way leaves nothing that looks finished, and of two processes that do it at once the
 * second to finish discards its own. What dead processes left under temporary names is removed on the way.
 */
export async function produceOnce(
  folder: string,
  produce: (unfinished: string) => Promise<void>,
): Promise<void> {
  if (existsSync(folder)) return
  await mkdir(dirname(folder), { recursive: true })
  await removeAbandoned(folder)
  const unfinished = unfinishedName(folder)
  try {
    await mkdir(unfinished)
    await produce(unfinished)
    await rename(unfinished, folder).catch((error: NodeJS.ErrnoException) => {
      const lostTheRace = error.code === 'ENOTEMPTY' || error.code === 'EEXIST'
      if (!lostTheRace) throw error
    })
  } finally {
    await rm(unfinished, { recursive: true, force: true })
  }
}

let counter = 0

function unfinishedName(folder: string): string {
  const own = identify(process.pid)
  return `${folder}.${process.pid}-${own?.startTime ?? ''}-${(counter += 1)}.unfinished`
}

async function removeAbandoned(folder: string): Promise<void> {
  for (const name of await readdir(dirname(folder))) {
    const rest = name.startsWith(`${basename(folder)}.`) ? name.slice(basename(folder).length + 1) : ''
    const [, pid, startTime] = /^([0-9]+)-([0-9]*)-[0-9]+\.unfinished$/.exec(rest) ?? []
    if (pid === undefined || startTime === undefined) continue
    if (isAlive({ pid: Number(pid), startTime })) continue
    await rm(join(dirname(folder), name), { recursive: true, force: true })
  }
}
