import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { run } from '../processes/run.ts'
import { APT_ENV, type Archive } from './archive.ts'

// A hung mirror must not hang a build for ever; a slow line may well take minutes for 70 MB.
const UPDATE_TIMEOUT_MS = 300_000
const DOWNLOAD_TIMEOUT_MS = 900_000
const CONFIGURATION_TIMEOUT_MS = 30_000

/**
 * An apt of its own, in a folder: it has its own lists and cache and believes that no package is installed, so it
 * downloads a package with all its libraries, needs no root and leaves the machine's apt as it is. From the
 * machine's configuration it takes how to reach a mirror (proxy, certificates), and none of the hooks.
 */
export interface Apt {
  env: Record<string, string>
  /** Where downloads land. */
  archives: string
}

/** Prepares the folder and fetches the suite's list of packages, verified with the distribution's keyring. */
export async function prepareApt(folder: string, archive: Archive, suite: string): Promise<Apt> {
  const apt: Apt = {
    env: { ...APT_ENV, APT_CONFIG: join(folder, 'apt.conf'), HOME: folder },
    archives: join(folder, 'archives'),
  }
  await mkdir(join(apt.archives, 'partial'), { recursive: true })
  await mkdir(join(folder, 'lists', 'partial'), { recursive: true })
  await writeFile(join(folder, 'status'), '')
  await writeFile(join(folder, 'apt.conf'), await configuration(folder))
  let refusal: unknown
  for (const mirror of archive.mirrors) {
    const source = `deb [arch=amd64 signed-by=${archive.keyring}] ${mirror} ${suite} ${archive.components}\n`
    await writeFile(join(folder, 'sources.list'), source)
    try {
      await run('apt-get', ['update', '-qq'], { env: apt.env, timeoutMs: UPDATE_TIMEOUT_MS })
      return apt
    } catch (error) {
      refusal ??= error
    }
  }
  throw refusal
}

/** Downloads packages and all they depend on into `apt.archives`; apt checks each against the signed list. */
export async function download(apt: Apt, packageNames: string[]): Promise<void> {
  const args = ['install', '-qq', '-y', '--no-install-recommends', '--download-only', ...packageNames]
  await run('apt-get', args, { env: apt.env, timeoutMs: DOWNLOAD_TIMEOUT_MS })
}

async function configuration(folder: string): Promise<string> {
  const machine = await run('apt-config', ['dump'], { env: APT_ENV, timeoutMs: CONFIGURATION_TIMEOUT_MS })
  const reach = machine.split('\n').filter((line) => line.startsWith('Acquire'))
  const own = {
    'Dir::Etc::main': '/dev/null',
    'Dir::Etc::parts': '/dev/null',
    'Dir::Etc::sourcelist': join(folder, 'sources.list'),
    'Dir::Etc::sourceparts': '/dev/null',
    'Dir::Etc::preferences': '/dev/null',
    'Dir::Etc::preferencesparts': '/dev/null',
    'Dir::State': folder,
    'Dir::State::lists': join(folder, 'lists'),
    'Dir::State::status': join(folder, 'status'),
    'Dir::Cache': folder,
    'Dir::Cache::archives': join(folder, 'archives'),
    'Dir::Cache::pkgcache': '',
    'Dir::Cache::srcpkgcache': '',
    'Dir::Log': folder,
    'APT::Architecture': 'amd64',
    'APT::Architectures': 'amd64',
    // Started by root, apt would hand the download to a user who may not write into a home directory.
    'APT::Sandbox::User': '',
    'Acquire::Languages': 'none',
    'Acquire::Retries': '2',
    // A list that could not be fetched is an error, not a warning.
    'APT::Update::Error-Mode': 'any',
    'Debug::NoLocking': 'true',
  }
  return [...reach, ...Object.entries(own).map(([name, value]) => `${name} "${value}";`)].join('\n') + '\n'
}
