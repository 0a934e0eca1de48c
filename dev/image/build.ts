import { join } from 'node:path'
import type { Buildah } from './buildah.ts'

/** The image as its container: where it lies, and what it says of itself. */
export interface BuiltImage {
  root: string
  user: string
  folder: string
  environment: Record<string, string>
  command: string[]
}

/** The name in the Dockerfile's FROM; nothing is pulled. */
const BASE_NAME = 'docker.io/library/node:24-bookworm-slim'
const NAME = 'localhost/chapar:check'
const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
/** Where the storage is for Buildah. */
const STORAGE = '/var/lib/containers'

interface Inspected {
  Docker: { config: { User: string; WorkingDir: string; Env: string[]; Cmd: string[] } }
}

/** Builds the Dockerfile on the base under the official name, and unpacks the image. */
export async function buildImage(
  { buildah }: Buildah,
  storage: string,
  say: (line: string) => void,
): Promise<BuiltImage> {
  say('making the base image')
  const base = (await buildah('from', 'scratch')).trim()
  await buildah('add', base, '/base', '/')
  await buildah('config', '--env', `PATH=${PATH}`, '--cmd', 'node', base)
  await buildah('commit', '--quiet', '--rm', '--format', 'docker', base, BASE_NAME)
  say('building the Dockerfile')
  const isolated = ['--isolation', 'chroot', '--pull-never', '--format', 'docker', '--quiet']
  await buildah('bud', ...isolated, '--tag', NAME, '/checkout')
  const inspected = JSON.parse(await buildah('inspect', '--type', 'image', NAME)) as Inspected
  const { User: user, WorkingDir: folder, Env, Cmd: command } = inspected.Docker.config
  const container = (await buildah('from', '--pull-never', NAME)).trim()
  const said = await buildah(
    'run',
    '--isolation',
    'chroot',
    container,
    '--',
    'node',
    '-p',
    'process.getuid()',
  )
  say(`Buildah runs it as user ${said.trim()}`)
  const root = (await buildah('mount', container)).trim().replace(STORAGE, storage)
  const environment = Object.fromEntries(
    Env.map((each) => each.split(/=(.*)/s).slice(0, 2) as [string, string]),
  )
  return { root, user, folder, environment, command }
}

/** @returns the command that starts a program of the image as its user. */
export function commandIn(
  { root, user, folder }: BuiltImage,
  command: string[],
): { command: string; args: string[] } {
  const start = join(import.meta.dirname, 'start.sh')
  return { command: 'unshare', args: ['--mount', '/bin/sh', start, root, user, folder, ...command] }
}
