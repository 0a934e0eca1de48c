import { existsSync } from 'node:fs'
import { run } from '../processes/run.ts'
import type { Distribution } from './catalogue.ts'
import { readOsRelease } from './platform.ts'

/** A distribution's package archive, as this machine reaches it. */
export interface Archive {
  distribution: Distribution
  /** Verifies the archive's lists. Debian's also holds the keys that sign unstable. */
  keyring: string
  /** Addresses to try in this order. */
  mirrors: string[]
  components: string
}

/** The environment that apt is run with: nothing of the caller's but the way out, where a proxy stands in it. */
export const APT_ENV: Record<string, string> = {
  PATH: '/usr/bin:/bin:/usr/sbin:/sbin',
  LC_ALL: 'C',
  ...Object.fromEntries(
    Object.entries(process.env).filter(([name]) => /^(https?|all|no)_proxy$/i.test(name)),
  ),
}

const COMPONENTS: Record<Distribution, string> = { debian: 'main', ubuntu: 'main universe' }
const KEYRING_ENDINGS = ['gpg', 'pgp', 'asc']

// A machine names its main archive and a few others (security, vendors); the first is nearly always the right one.
const MIRRORS_TRIED_MAX = 6
const LOOK_TIMEOUT_MS = 30_000

/** Finds the archive in the machine's own configuration: nothing here knows the name of a mirror. */
export async function findArchive(): Promise<Archive> {
  const { family, codename } = readOsRelease()
  const distribution = family.includes('ubuntu') ? 'ubuntu' : 'debian'
  const keyrings = KEYRING_ENDINGS.map(
    (ending) => `/usr/share/keyrings/${distribution}-archive-keyring.${ending}`,
  )
  const keyring = keyrings.find((path) => existsSync(path))
  if (!keyring) throw new Error(`none of ${keyrings.join(', ')} is here to verify packages with`)
  // Prints what an update would fetch, and fetches nothing: it works on machines that never updated, too.
  const args = ['update', '--print-uris']
  const uris = await run('apt-get', args, { env: APT_ENV, timeoutMs: LOOK_TIMEOUT_MS })
  const mirrors = mirrorsOf(uris, codename)
  if (mirrors.length === 0) throw new Error('this machine has no package source configured')
  return { distribution, keyring, mirrors, components: COMPONENTS[distribution] }
}

/** Archive addresses from `apt-get update --print-uris`, the one that serves the machine's own release first. */
export function mirrorsOf(uris: string, codename: string | undefined): string[] {
  const releases = [...uris.matchAll(/^'(\S+?)\/dists\/([^/\s]+)\/InRelease'/gm)]
  const own = releases.filter(([, , suite]) => suite === codename)
  const mirrors = [...own, ...releases].map(([, mirror = '']) => mirror)
  return [...new Set(mirrors)].slice(0, MIRRORS_TRIED_MAX)
}
