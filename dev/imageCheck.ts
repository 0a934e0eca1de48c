// make image-check: builds the Dockerfile on a machine without Docker, and runs every service of the compose file that is ours
// from the image, as its user, against private servers. For root on Debian; nothing is installed. The tests are in
// test/docker/imageCheck.ts.
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { answerHelp } from './commands/help.ts'
import { makeBase } from './image/base.ts'
import { buildImage } from './image/build.ts'
import { openBuildah } from './image/buildah.ts'
import { assertPlatform, readOsRelease } from './servers/platform.ts'
import { CHECKOUT, LOCAL } from './stack/folders.ts'

answerHelp('image-check')
const storage = join(LOCAL, 'image')
const say = (line: string) => console.log(line)
try {
  assertPlatform()
  if (!readOsRelease().family.includes('debian') || process.getuid?.() !== 0)
    throw new Error('needs root on Debian; elsewhere run "make docker"')
  await rm(storage, { recursive: true, force: true })
  const beganMs = performance.now()
  const base = await makeBase(say)
  const image = await buildImage(await openBuildah({ storage, base }, say), storage, say)
  say(`built in ${Math.round((performance.now() - beganMs) / 1_000)} s; running each role from it`)
  const tests = spawn(
    'node',
    ['--require', './src/runtime.cjs', 'dev/test.ts', 'test/docker/imageCheck.ts'],
    {
      cwd: CHECKOUT,
      stdio: 'inherit',
      env: { ...process.env, BUILT_IMAGE: JSON.stringify(image) },
    },
  )
  const [code] = (await once(tests, 'exit')) as [number | null]
  process.exitCode = code ?? 1
} catch (error) {
  console.error(`make image-check: ${error instanceof Error ? error.message : String(error)}`)
  process.exitCode = 1
} finally {
  await rm(storage, { recursive: true, force: true })
}
