import { join } from 'node:path'
import { findLoader } from './treeLoader.ts'
import type { Tree } from './unpack.ts'

/** How a program of a tree is started, with arguments of its own after these. */
export function treeProgram({ root }: Tree, path: string): { command: string; args: string[] } {
  const { loader, libraries } = findLoader(root)
  return { command: loader, args: ['--library-path', libraries, join(root, path)] }
}
