import { readFileSync } from 'node:fs'
import { readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { run } from '../processes/run.ts'
import { download, prepareApt } from './apt.ts'
import { findArchive, type Archive } from './archive.ts'
import type { ServerPackage } from './catalogue.ts'
import type { Report } from './printProgress.ts'
import { produceOnce } from './produceOnce.ts'

/** An unpacked server: a small root file system that nothing is installed into. */
export interface Tree {
  root: string
  /** The package's upstream version, such as 9.7.4. */
  version: string
}

/** The server could not be fetched: no network, no such package, no usable mirror. `message` is one line. */
export class ServerNotAvailable extends Error {}

export interface UnpackOptions {
  /** The folder for all trees. */
  folder: string
  onProgress: Report
  /** What a server needs done to its files before it can run from a folder; part of what is made at once. */
  adapt?: (root: string) => Promise<void>
  /** Where from; by default, the archive that this machine is configured for. */
  archive?: Archive
}

const VERSION_FILE = 'version'

/** The server's tree, fetched on first use. Several processes may call it at once. */
export async function unpackServer(wanted: ServerPackage, options: UnpackOptions): Promise<Tree> {
  const root = join(options.folder, wanted.name)
  try {
    await produceOnce(root, async (unfinished) => {
      await fetchTree(wanted, unfinished, options)
      await options.adapt?.(unfinished)
    })
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new ServerNotAvailable(`${wanted.label} could not be fetched (${reason})`, { cause: error })
  }
  return { root, version: readFileSync(join(root, VERSION_FILE), 'utf8').trim() }
}

// Often enough to see that it moves.
const REPORT_INTERVAL_MS = 1_000

/** A database and a broker are unpacked at the same time and share the progress line. */
const unpacking = new Map<string, string>()

async function fetchTree(wanted: ServerPackage, root: string, options: UnpackOptions): Promise<void> {
  const { onProgress, archive = await findArchive() } = options
  const suite = wanted.suites[archive.distribution]
  if (suite === undefined) throw new Error(`no suite of ${archive.distribution} has this version`)
  onProgress(`downloading ${wanted.label}`)
  const aptFolder = join(root, 'apt')
  const apt = await prepareApt(aptFolder, archive, suite)
  const named = [wanted.package, ...(wanted.programsOf ?? []), ...(wanted.with ?? [])]
  await download(apt, named)
  const packages = (await readdir(apt.archives)).filter((name) => name.endsWith('.deb'))
  let reportedMs = 0
  for (const [index, name] of packages.entries()) {
    const keepsPrograms = wanted.keepsPrograms === true && named.some((each) => name.startsWith(`${each}_`))
    await extract(join(apt.archives, name), root, keepsPrograms)
    unpacking.set(wanted.label, `${wanted.label} ${index + 1} of ${packages.length} packages`)
    if (performance.now() - reportedMs < REPORT_INTERVAL_MS) continue
    reportedMs = performance.now()
    onProgress(`unpacking ${[...unpacking.values()].join(', ')}`, true)
  }
  unpacking.delete(wanted.label)
  onProgress(`unpacked ${wanted.label}: ${packages.length} packages`)
  await writeFile(join(root, VERSION_FILE), `${versionOf(wanted.package, packages)}\n`)
  await rm(aptFolder, { recursive: true })
}

// Only servers and their libraries: no tools, no documentation, nothing that a system would start or configure.
const PROGRAMS = 'usr/bin'
const LEFT_OUT = ['bin', 'etc', 'var', 'usr/lib/systemd', 'usr/share/doc', 'usr/share/man']
const LEFT_OUT_TOO = ['usr/share/locale', 'usr/share/lintian', 'usr/share/bash-completion', 'usr/share/perl5']

// Libraries and servers unpack in well under a second each; only a full disk takes longer.
const EXTRACT_TIMEOUT_MS = 120_000

async function extract(archive: string, root: string, keepsPrograms: boolean): Promise<void> {
  const leftOut = [...LEFT_OUT, ...LEFT_OUT_TOO, ...(keepsPrograms ? [] : [PROGRAMS])]
  const excluded = leftOut.map((path) => `--exclude=./${path}`)
  // Without the archive's owners and permission bits: a set-user-id program must not appear in a checkout.
  const tar = [
    '-x',
    '-C',
    root,
    '--no-same-owner',
    '--no-same-permissions',
    '--keep-directory-symlink',
    ...excluded,
  ]
  const script = 'archive=$1; shift; dpkg-deb --fsys-tarfile "$archive" | tar "$@"'
  await run('/bin/sh', ['-c', script, 'sh', archive, ...tar], {
    env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' },
    timeoutMs: EXTRACT_TIMEOUT_MS,
  })
}

/** From a file name such as mysql-server-core_9.7.4-1_amd64.deb or mariadb-server-core_1%3a10.11.14-0+deb12u2_amd64.deb. */
export function versionOf(packageName: string, archives: string[]): string {
  const archive = archives.find((name) => name.startsWith(`${packageName}_`)) ?? ''
  const version = archive.split('_')[1] ?? ''
  return version.replace(/^[0-9]+%3a/, '').replace(/[-+~].*$/, '')
}
