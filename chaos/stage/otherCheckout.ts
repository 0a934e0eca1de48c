import { execFile } from 'node:child_process'
import { rm, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { StopList } from '../../dev/processes/stopList.ts'
import { CHECKOUT } from '../../dev/stack/folders.ts'
import { BASELINE } from '../baseline.ts'

const run = promisify(execFile)
const git = async (...args: string[]) => (await run('git', args, { cwd: CHECKOUT })).stdout.trim()

/** The commit that a run upgrades from. */
export interface OldCheckout {
  /** The short hash. */
  name: string
  folder: string
}

/**
 * Checks out the commit to upgrade from beside this checkout, with the same packages. It is removed at the end of the
 * run. @returns undefined when no commit was named and this clone lacks the baseline's.
 * @throws Error when the named commit does not exist.
 */
export async function checkOutOld(
  ref: string | undefined,
  { folder, stopList, say }: { folder: string; stopList: StopList; say: (line: string) => void },
): Promise<OldCheckout | undefined> {
  const commit = await findCommit(ref ?? BASELINE.commit)
  if (commit === undefined && ref !== undefined)
    throw new Error(`UPGRADE_FROM=${ref} names no commit of this clone`)
  if (commit === undefined) {
    say(
      `this clone lacks the baseline ${BASELINE.commit.slice(0, 7)} (try \`git fetch --unshallow\`): ` +
        'the older program is this version as well',
    )
    return undefined
  }
  const checkout = join(folder, 'upgrade-from')
  await git('worktree', 'prune')
  await git('worktree', 'add', '--force', '--detach', checkout, commit)
  stopList.add(async () => {
    await rm(checkout, { recursive: true, force: true })
    await git('worktree', 'prune')
  })
  await symlink(join(CHECKOUT, 'node_modules'), join(checkout, 'node_modules'))
  const name = commit.slice(0, 7)
  say(`the older program is ${name}`)
  return { name, folder: checkout }
}

/** @returns the full hash; undefined: no such commit, no repository or no Git. */
export async function findCommit(ref: string): Promise<string | undefined> {
  // After `--end-of-options`, a name may begin with a dash.
  const args = ['rev-parse', '--verify', '--quiet', '--end-of-options', `${ref}^{commit}`]
  return git(...args).catch(() => undefined)
}
