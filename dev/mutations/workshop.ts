import { existsSync } from 'node:fs'
import { cp, mkdir, rm, symlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { killProcesses } from '../processes/end.ts'
import { DATA_MARK, findMarkedBelow } from '../processes/marks.ts'
import { git } from './git.ts'

/** Copies of a checkout, as it was when the workshop was opened, to be broken without touching the checkout. */
export interface Workshop {
  /** The unchanged copy. */
  unmutated: string
  /** Makes another one. @returns its folder. */
  copy(name: string): Promise<string>
  /** Removes one, with whatever still runs in it. */
  remove(name: string): Promise<void>
  /** Removes all. */
  close(): Promise<void>
}

/** Where the copies lie, seen from the checkout. Git ignores it. */
export const WORKSHOP_FOLDER = '.local/mutations'

const UNMUTATED = 'unmutated'

/** Installed and fetched once: a copy has links to the checkout's own. */
const SHARED = ['node_modules', '.local/servers']

/** Removes what an earlier one left behind. Needs git, as it copies what is tracked and what could be. */
export async function openWorkshop(checkout: string): Promise<Workshop> {
  const folder = join(checkout, WORKSHOP_FOLDER)
  const pathOf = (name: string) => join(folder, name)
  const remove = async (path: string) => {
    await killProcesses(() => findMarkedBelow(DATA_MARK, path))
    await rm(path, { recursive: true, force: true })
  }
  await remove(folder)
  await copySources(checkout, pathOf(UNMUTATED))
  await shareWith(checkout, pathOf(UNMUTATED))
  return {
    unmutated: pathOf(UNMUTATED),
    async copy(name) {
      const isSource = (path: string) => !SHARED_ROOTS.some((root) => path === join(pathOf(UNMUTATED), root))
      await cp(pathOf(UNMUTATED), pathOf(name), { recursive: true, filter: isSource })
      await shareWith(checkout, pathOf(name))
      return pathOf(name)
    },
    remove: (name) => remove(pathOf(name)),
    close: () => remove(folder),
  }
}

/** Links and data of a run, at the top of a copy. */
const SHARED_ROOTS = SHARED.map((path) => path.split('/')[0] ?? path)

async function copySources(checkout: string, copy: string): Promise<void> {
  for (const path of await listSources(checkout)) {
    // Removed and not yet committed, it is still on git's list.
    if (!existsSync(join(checkout, path))) continue
    await mkdir(dirname(join(copy, path)), { recursive: true })
    await cp(join(checkout, path), join(copy, path))
  }
}

async function listSources(checkout: string): Promise<string[]> {
  const args = ['ls-files', '--cached', '--others', '--exclude-standard', '-z']
  const list = await git(checkout, args).catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error)
    throw new Error(`the sources are copied as git lists them, and git says "${reason}"`)
  })
  return [...new Set(list.split('\0'))].filter((path) => path !== '')
}

async function shareWith(checkout: string, copy: string): Promise<void> {
  for (const path of SHARED) {
    await mkdir(join(checkout, path), { recursive: true })
    await mkdir(dirname(join(copy, path)), { recursive: true })
    await symlink(join(checkout, path), join(copy, path))
  }
}
