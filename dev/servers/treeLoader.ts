import { existsSync } from 'node:fs'
import { join } from 'node:path'

const LOADERS = ['usr/lib64', 'lib64', 'usr/lib/x86_64-linux-gnu'].map(
  (path) => `${path}/ld-linux-x86-64.so.2`,
)
const LIBRARIES = ['usr/lib/x86_64-linux-gnu', 'lib/x86_64-linux-gnu', 'usr/lib/mysql/private']

/** How a program of a tree is started: through the tree's own loader, with the tree's own libraries. */
export interface TreeLoader {
  loader: string
  libraries: string
}

export function findLoader(root: string): TreeLoader {
  const loader = LOADERS.map((path) => join(root, path)).find((path) => existsSync(path))
  if (!loader) throw new Error(`${root} holds no loader (ld-linux): run "make distclean" and try again`)
  return { loader, libraries: LIBRARIES.map((path) => join(root, path)).join(':') }
}
