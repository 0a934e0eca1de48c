import { chmod, open, readdir, readFile, rename, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { findLoader } from './treeLoader.ts'

const ERLANG = 'usr/lib/erlang'

// In place of a program: it runs the program, kept beside it, through the tree's loader and under its own name
// (escript looks at the name to see what it shall run).
const WRAPPER = `#!/bin/sh
exec "$CHAPAR_LOADER" --library-path "$CHAPAR_LIBRARIES" --argv0 "$0" "$(readlink -f "$0").elf" "$@"
`

/** The variables that the wrappers and Erlang's own scripts read; they make a tree work wherever it lies. */
export function erlangEnv(root: string): Record<string, string> {
  const { loader, libraries } = findLoader(root)
  return {
    CHAPAR_LOADER: loader,
    CHAPAR_LIBRARIES: libraries,
    ERL_ROOTDIR: join(root, ERLANG),
    PATH: `${join(root, ERLANG, 'bin')}:/usr/bin:/bin`,
  }
}

/**
 * Makes an unpacked Erlang run from its folder: it starts programs of its own (emulator, port mapper, name lookup)
 * by path, so each is replaced by a wrapper, and its start scripts name the system's folder, which is replaced too.
 */
export async function adaptErlang(root: string): Promise<void> {
  for (const folder of await programFolders(join(root, ERLANG))) {
    for (const name of await readdir(folder)) {
      const path = join(folder, name)
      if (!(await stat(path)).isFile()) continue
      if (await isElf(path)) await wrap(path)
      else if (name === 'erl')
        await writeFile(path, (await readFile(path, 'utf8')).replaceAll(`/${ERLANG}`, '$ERL_ROOTDIR'))
    }
  }
}

async function programFolders(erlang: string): Promise<string[]> {
  const entries = await readdir(erlang, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isDirectory() && entry.name === 'bin')
    .map((entry) => join(entry.parentPath, entry.name))
}

async function wrap(path: string): Promise<void> {
  await rename(path, `${path}.elf`)
  await writeFile(path, WRAPPER)
  await chmod(path, 0o755)
}

const ELF_MAGIC = Buffer.from([0x7f, 0x45, 0x4c, 0x46])

async function isElf(path: string): Promise<boolean> {
  const file = await open(path)
  try {
    const { buffer } = await file.read(Buffer.alloc(ELF_MAGIC.length), 0, ELF_MAGIC.length, 0)
    return buffer.equals(ELF_MAGIC)
  } finally {
    await file.close()
  }
}
