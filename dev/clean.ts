import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { answerHelp } from './commands/help.ts'
import { DATA_MARK, findMarkedBelow } from './processes/marks.ts'
import { findBuildResults } from './stack/buildResults.ts'
import { CHECKOUT, LOCAL, NPM_CACHE, SERVERS_FOLDER } from './stack/folders.ts'
import { withLock } from './stack/lock.ts'
import { LOCK_FILE } from './stack/state.ts'
import { takeDown } from './stack/takeDown.ts'

// make clean: stops the stack and drops all data and logs. With --all (make distclean) also whatever can be
// fetched or made again: the unpacked servers, node_modules, coverage, and the package of the client.

const DOWNLOADS = [SERVERS_FOLDER, NPM_CACHE]

answerHelp('clean')
try {
  const stopped = await withLock(LOCK_FILE, () => takeDown(console.log))
  if (stopped.length > 0) console.log(`stopped ${stopped.join(', ')}`)
  const others = findMarkedBelow(DATA_MARK, LOCAL).map(({ pid }) => pid)
  if (others.length > 0)
    throw new Error(`servers of another run are at work here (process ${others.join(', ')})`)
  const paths = process.argv.includes('--all')
    ? [LOCAL, ...findBuildResults(CHECKOUT), join(CHECKOUT, 'node_modules')]
    : await dataFolders()
  for (const path of paths) await rm(path, { recursive: true, force: true })
} catch (error) {
  console.error(`make clean: ${error instanceof Error ? error.message : String(error)}`)
  process.exitCode = 1
}

async function dataFolders(): Promise<string[]> {
  const names = await readdir(LOCAL).catch(() => [])
  return names.map((name) => join(LOCAL, name)).filter((path) => !DOWNLOADS.includes(path))
}
