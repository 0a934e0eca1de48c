import { copyFile, open, rm } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import type { Claimed } from './claimNext.ts'

/** The identifier of the export and the owner who began the file: no two processes ever write the same one. */
export const FILE_NAME = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.([0-9a-f]{16})(?:\.parquet)?$/

/** A file that grows. What is behind its committed bytes does not count. */
export interface PartFile {
  name: string
  /** Resolves when they are on disk. @returns how many bytes it has then. */
  append(text: string): Promise<number>
  close(): Promise<void>
}

export function nameOf({ id, owner }: Pick<Claimed, 'id' | 'owner'>): string {
  return `${id}.${owner.toString('hex')}`
}

/** @throws Error for a name that is none of ours. */
export function pathOf(folder: string, name: string): string {
  if (!FILE_NAME.test(name)) throw new Error(`${name} is no file of an export`)
  return join(folder, name)
}

export function removeFile(folder: string, name: string): Promise<void> {
  return rm(pathOf(folder, name), { force: true })
}

/**
 * Opens the file of a job where its committed bytes end. The owner before may still write, if it did not release the job:
 * then its bytes are copied, so that this one is written by this owner alone. @returns undefined when bytes are lost.
 */
export async function openPart(folder: string, job: Claimed): Promise<PartFile | undefined> {
  const { file, bytes, wasReleased } = job
  if (file === null) return toPart(await open(pathOf(folder, nameOf(job)), 'w'), nameOf(job), 0)
  const name = wasReleased ? file : nameOf(job)
  try {
    if (!wasReleased) await copyFile(pathOf(folder, file), pathOf(folder, name))
    const handle = await open(pathOf(folder, name), 'r+')
    if ((await handle.stat()).size < bytes) return void (await handle.close())
    await handle.truncate(bytes)
    return toPart(handle, name, bytes)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

function toPart(handle: FileHandle, name: string, bytes: number): PartFile {
  let end = bytes
  return {
    name,
    async append(text) {
      const chunk = Buffer.from(text)
      for (let done = 0; done < chunk.length;) {
        const { bytesWritten } = await handle.write(chunk, done, chunk.length - done, end + done)
        done += bytesWritten
      }
      await handle.sync()
      end += chunk.length
      return end
    },
    close: () => handle.close(),
  }
}

/** Whether a disk, or this program's share of it, is full; an embedded engine says so in its own words. */
export function isDiskFull(error: unknown): boolean {
  const { code, message = '' } = error as { code?: string; message?: string }
  return code === 'ENOSPC' || code === 'EDQUOT' || message.includes('No space left on device')
}
