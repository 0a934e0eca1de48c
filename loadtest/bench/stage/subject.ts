import { run } from '../../../dev/processes/run.ts'
import { CHECKOUT } from '../../../dev/stack/folders.ts'
import { VERSION } from '../../../src/platform/version.ts'

const GIT_TIMEOUT_MS = 10_000

/** The measured version, and its commit if there is one. */
export async function describeSubject(): Promise<string> {
  const git = (...args: string[]) =>
    run('git', args, { env: { PATH: process.env['PATH'] ?? '' }, cwd: CHECKOUT, timeoutMs: GIT_TIMEOUT_MS })
  try {
    const commit = (await git('rev-parse', '--short', 'HEAD')).trim()
    const changes = (await git('status', '--porcelain', '--untracked-files=no')).trim()
    return `${VERSION}, commit ${commit}${changes === '' ? '' : ' with changes'}`
  } catch {
    return VERSION
  }
}
