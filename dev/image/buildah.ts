import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { run } from '../processes/run.ts'
import { unpackServer } from '../servers/unpack.ts'
import { CHECKOUT, SERVERS_FOLDER } from '../stack/folders.ts'

/** Builds and unpacks images without a daemon. */
export interface Buildah {
  version: string
  /** `/checkout` and `/base` are folders of this machine. @returns what it printed. */
  buildah: (...args: string[]) => Promise<string>
}

const PACKAGE = {
  ...{ name: 'buildah-1', label: 'Buildah', package: 'buildah', keepsPrograms: true as const },
  suites: { debian: 'bookworm' },
}
const ENTER = join(import.meta.dirname, 'enter.sh')
const TIMEOUT_MS = 900_000
/** Copies every layer whole, and asks nothing of the kernel. */
const STORAGE = ['--storage-driver', 'vfs']

/** Debian's Buildah, unpacked and started with its tree as root folder: nothing is installed. */
export async function openBuildah(
  folders: { storage: string; base: string },
  say: (line: string) => void,
): Promise<Buildah> {
  const { root, version } = await unpackServer(PACKAGE, { folder: SERVERS_FOLDER, onProgress: say })
  await mkdir(folders.storage, { recursive: true })
  const { PATH = '/usr/sbin:/usr/bin:/sbin:/bin' } = process.env
  const enter = ['--mount', '/bin/sh', ENTER, root, folders.storage, CHECKOUT, folders.base]
  return {
    version,
    buildah: (...args) =>
      run('unshare', [...enter, '/usr/bin/buildah', ...STORAGE, ...args], {
        env: { PATH },
        timeoutMs: TIMEOUT_MS,
      }),
  }
}
