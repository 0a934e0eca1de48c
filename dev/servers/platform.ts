import { existsSync, readFileSync } from 'node:fs'

/** Servers cannot be unpacked on this machine. `message` is one line that says what to do instead. */
export class UnsupportedPlatform extends Error {}

export interface OsRelease {
  /** The distribution and those it is made from, such as ["linuxmint", "ubuntu", "debian"]. */
  family: string[]
  codename: string | undefined
}

const TOOLS = ['/usr/bin/apt-get', '/usr/bin/dpkg-deb']

/** Throws `UnsupportedPlatform` unless packages of Debian or Ubuntu for amd64 can run here. */
export function assertPlatform(osRelease = readOsRelease(), architecture: string = process.arch): void {
  const isDebian = osRelease.family.includes('debian') || osRelease.family.includes('ubuntu')
  if (isDebian && architecture === 'x64' && TOOLS.every((tool) => existsSync(tool))) return
  throw new UnsupportedPlatform(
    'servers can be unpacked only on Debian or Ubuntu on amd64; here, run "docker compose up", ' +
      'or set DATABASE_URL and AMQP_URL to servers of your own',
  )
}

export function readOsRelease(file = '/etc/os-release'): OsRelease {
  const text = existsSync(file) ? readFileSync(file, 'utf8') : ''
  const value = (name: string) => new RegExp(`^${name}="?([^"\n]*)"?$`, 'm').exec(text)?.[1]
  return {
    family: [value('ID'), value('ID_LIKE')].flatMap((names) => names?.split(' ') ?? []),
    codename: value('UBUNTU_CODENAME') ?? value('VERSION_CODENAME'),
  }
}
