import { dirname } from 'node:path'
import { run } from '../processes/run.ts'

/** Both commands read some hundred files at most. */
const TIMEOUT_MS = 30_000

/**
 * Runs git in a folder and lets it know of no repository above that: in a copy below a checkout, or in an export
 * without a repository of its own, `git apply` would pass over every file that is not the outer repository's, without
 * a word. Rejects with CommandFailed.
 */
export function git(folder: string, args: string[]): Promise<string> {
  const env = Object.fromEntries(
    // Inside a hook of git's these name the repository that the hook belongs to.
    Object.entries(process.env).filter(([name, value]) => value !== undefined && !name.startsWith('GIT_')),
  ) as Record<string, string>
  return run('git', args, {
    env: { ...env, LC_ALL: 'C', GIT_CEILING_DIRECTORIES: dirname(folder) },
    timeoutMs: TIMEOUT_MS,
    cwd: folder,
  })
}
