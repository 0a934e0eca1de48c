import { existsSync } from 'node:fs'
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { LOCAL } from '../stack/folders.ts'

/** Data and logs of test runs. The name of each folder in it ends with the identifier of the process that writes it. */
export const TEST_FOLDER = join(LOCAL, 'test')

/** Processes that were killed leave their folders behind; those of processes that live are left alone. */
export async function removeAbandoned(): Promise<void> {
  const names = await readdir(TEST_FOLDER).catch(() => [])
  for (const name of names) {
    if (!existsSync(`/proc/${name.split('-').at(-1)}`))
      await rm(join(TEST_FOLDER, name), { recursive: true, force: true })
  }
}
