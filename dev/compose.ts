import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { run } from './processes/run.ts'
import { assertPlatform, readOsRelease, UnsupportedPlatform } from './servers/platform.ts'
import { findLoader } from './servers/treeLoader.ts'
import { unpackServer } from './servers/unpack.ts'
import { SERVERS_FOLDER } from './stack/folders.ts'

/** Docker Compose v2, which reads a compose file without an engine. */
export interface Compose {
  version: string
  /** The file as Compose understands it: merged, interpolated, in long form. Rejects with its own complaint. */
  resolve(file: string): Promise<ResolvedProject>
}

/** The part of a resolved file that is examined here; the rest is Compose's to judge. */
export interface ResolvedProject {
  services: Record<string, ResolvedService>
}

export interface ResolvedService {
  image?: string
  ports?: { host_ip?: string; target: number; published?: string }[]
}

const TIMEOUT_MS = 30_000
const PLUGIN = 'usr/libexec/docker/cli-plugins/docker-compose'

/**
 * The machine's own `docker compose`, or else Debian's, unpacked like the servers are.
 * @throws UnsupportedPlatform, ServerNotAvailable
 */
export async function findCompose(onProgress: (line: string) => void): Promise<Compose> {
  return (await installed()) ?? unpacked(onProgress)
}

async function installed(): Promise<Compose | undefined> {
  try {
    const version = await run('docker', ['compose', 'version', '--short'], options())
    return composeOf(version.trim(), 'docker', ['compose'])
  } catch {
    return undefined
  }
}

async function unpacked(onProgress: (line: string) => void): Promise<Compose> {
  assertPlatform()
  if (readOsRelease().family.includes('ubuntu'))
    throw new UnsupportedPlatform('Docker Compose can be unpacked only on Debian; here, install its plugin')
  const wanted = {
    name: 'compose-2',
    label: 'Docker Compose 2',
    package: 'docker-compose',
    suites: { debian: 'trixie' },
  }
  const { root, version } = await unpackServer(wanted, { folder: SERVERS_FOLDER, onProgress })
  const { loader, libraries } = findLoader(root)
  return composeOf(version, loader, ['--library-path', libraries, join(root, PLUGIN)])
}

function composeOf(version: string, command: string, args: string[]): Compose {
  return {
    version,
    async resolve(file) {
      if (!existsSync(file)) throw new Error(`there is no ${file}`)
      const json = await run(command, [...args, '-f', file, 'config', '--format', 'json'], options())
      return JSON.parse(json) as ResolvedProject
    },
  }
}

/** Nothing of the caller's settings: they would be put in where the file has variables. */
function options() {
  const { PATH = '/usr/bin:/bin' } = process.env
  return { env: { PATH, HOME: homedir() }, timeoutMs: TIMEOUT_MS }
}
