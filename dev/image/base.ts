import { copyFile, mkdir, writeFile } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { run } from '../processes/run.ts'
import { APT_ENV, findArchive } from '../servers/archive.ts'
import { produceOnce } from '../servers/produceOnce.ts'
import { unpackServer } from '../servers/unpack.ts'
import { CHECKOUT, SERVERS_FOLDER } from '../stack/folders.ts'

/** Of the official image that the Dockerfile begins with. */
const SUITE = 'bookworm'
const NPM = 'npm@11'
const DEBOOTSTRAP = {
  ...{ name: 'debootstrap-1', label: 'debootstrap', package: 'debootstrap', keepsPrograms: true as const },
  suites: { debian: SUITE },
}
const AUTHORITIES = 'etc/ssl/certs/ca-certificates.crt'
const TIMEOUT_MS = 900_000
const SHORT_MS = 60_000

/**
 * A small Debian with Node, npm and a user `node`, as the official image has them, made once from Debian's packages and
 * npm's. It trusts the authorities, and asks the registry, that this machine does. @returns its folder.
 */
export async function makeBase(say: (line: string) => void): Promise<string> {
  const base = join(SERVERS_FOLDER, `image-base-${SUITE}`)
  await produceOnce(base, async (unfinished) => {
    const { root } = await unpackServer(DEBOOTSTRAP, { folder: SERVERS_FOLDER, onProgress: say })
    const { mirrors, keyring } = await findArchive()
    say(`installing Debian ${SUITE} into a folder`)
    const env = { ...APT_ENV, DEBOOTSTRAP_DIR: join(root, 'usr/share/debootstrap') }
    const options = ['--variant=minbase', '--include=ca-certificates', `--keyring=${keyring}`]
    const script = join(root, 'usr/sbin/debootstrap')
    await run('/bin/sh', [script, ...options, SUITE, unfinished, mirrors[0] ?? ''], {
      env,
      timeoutMs: TIMEOUT_MS,
    })
    await addNode(unfinished)
  })
  return base
}

async function addNode(base: string): Promise<void> {
  const { PATH = '/usr/bin:/bin', NODE_EXTRA_CA_CERTS } = process.env
  // A registry that authorities of the machine alone vouch for would be asked again and again, without an answer.
  const trusted = NODE_EXTRA_CA_CERTS === undefined ? {} : { NODE_EXTRA_CA_CERTS }
  const machine = { env: { ...APT_ENV, ...trusted, PATH, HOME: '/root' }, timeoutMs: SHORT_MS, cwd: CHECKOUT }
  const inBase = (...command: string[]) => run('chroot', [base, ...command], { ...machine, env: APT_ENV })
  await inBase('useradd', '--create-home', '--uid', '1000', '--shell', '/bin/bash', 'node')
  const local = join(base, 'usr/local')
  await copyFile(process.execPath, join(local, 'bin/node'))
  if (existsSync(`/${AUTHORITIES}`)) await copyFile(`/${AUTHORITIES}`, join(base, AUTHORITIES))
  await run('npm', ['install', '--global', '--prefix', local, NPM], { ...machine, timeoutMs: TIMEOUT_MS })
  const registry = (await run('npm', ['config', 'get', 'registry'], machine)).trim()
  await mkdir(join(local, 'etc'), { recursive: true })
  await writeFile(join(local, 'etc/npmrc'), `registry=${registry}\ncafile=/${AUTHORITIES}\n`)
}
