import { execFile } from 'node:child_process'
import { rm, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { StopList } from '../../dev/processes/stopList.ts'
import { CHECKOUT } from '../../dev/stack/folders.ts'

const run = promisify(execFile)

/**
 * Checks out another commit beside this checkout, with the same packages. It is removed at the end of the run.
 * @throws Error with Git's reason when there is no such commit.
 */
export async function checkOut(ref: string, folder: string, stopList: StopList): Promise<string> {
  const checkout = join(folder, 'upgrade-from')
  const git = (...args: string[]) => run('git', args, { cwd: CHECKOUT })
  await git('worktree', 'prune')
  await git('worktree', 'add', '--force', '--detach', checkout, ref)
  stopList.add(async () => {
    await rm(checkout, { recursive: true, force: true })
    await git('worktree', 'prune')
  })
  await symlink(join(CHECKOUT, 'node_modules'), join(checkout, 'node_modules'))
  return checkout
}
