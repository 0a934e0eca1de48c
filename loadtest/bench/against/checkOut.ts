import { mkdir, readFile, rm, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { git } from '../../../dev/mutations/git.ts'
import { run } from '../../../dev/processes/run.ts'
import type { StopList } from '../../../dev/processes/stopList.ts'
import { CHECKOUT, NPM_CACHE } from '../../../dev/stack/folders.ts'
import { BENCH_FOLDER } from '../stage/stage.ts'

/** Another commit of this repository, with its packages, in a folder of its own. */
export interface OtherCommit {
  /** The short hash. */
  name: string
  folder: string
}

const FOLDER = join(BENCH_FOLDER, 'against')
/** Long enough for an empty cache and a slow network. */
const INSTALL_TIMEOUT_MS = 600_000

/**
 * Checks a commit out below `.local`, with this checkout's packages if both need the same ones, and removes it when the
 * benchmark ends. Rejects for an unknown commit.
 */
export async function checkOut(
  ref: string,
  stopList: StopList,
  onProgress: (line: string) => void,
): Promise<OtherCommit> {
  const name = await shortHash(ref)
  const folder = join(FOLDER, name)
  await remove(folder)
  await mkdir(FOLDER, { recursive: true })
  stopList.add(() => remove(folder))
  onProgress(`checking out ${name}`)
  await git(CHECKOUT, ['worktree', 'add', '--detach', folder, name])
  await providePackages(folder, onProgress)
  return { name, folder }
}

async function shortHash(ref: string): Promise<string> {
  // After `--end-of-options`, a name may begin with a dash.
  const args = ['rev-parse', '--verify', '--quiet', '--short', '--end-of-options', `${ref}^{commit}`]
  const hash = await git(CHECKOUT, args).catch(() => '')
  if (hash.trim() === '') throw new Error(`AGAINST=${ref} names no commit of this repository`)
  return hash.trim()
}

/** An interrupted run leaves the folder, its entry in git, or both. */
async function remove(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true })
  await git(CHECKOUT, ['worktree', 'prune'])
}

async function providePackages(folder: string, onProgress: (line: string) => void): Promise<void> {
  const [ours, theirs] = await Promise.all([CHECKOUT, folder].map(readLock))
  if (ours !== undefined && theirs !== undefined && runtimePackages(ours) === runtimePackages(theirs)) {
    await symlink(join(CHECKOUT, 'node_modules'), join(folder, 'node_modules'))
    return
  }
  onProgress('installing its packages, which differ from ours')
  // npm needs the caller's certificates, proxies and configuration, as `make build` does.
  const { env } = process
  await run('npm', ['ci', '--omit=dev'], {
    env: { ...env, npm_config_cache: env['npm_config_cache'] ?? NPM_CACHE },
    timeoutMs: INSTALL_TIMEOUT_MS,
    cwd: folder,
  })
}

function readLock(folder: string): Promise<string> {
  return readFile(join(folder, 'package-lock.json'), 'utf8')
}

/** The runtime packages of a package-lock.json, sorted. Development packages are left out. */
export function runtimePackages(lock: string): string {
  const { packages } = JSON.parse(lock) as {
    packages: Record<string, { version?: string; integrity?: string; dev?: boolean }>
  }
  const needed = Object.entries(packages).filter(([path, { dev }]) => path !== '' && !dev)
  return needed
    .map(([path, { version, integrity }]) => `${path} ${version} ${integrity}`)
    .sort()
    .join('\n')
}
