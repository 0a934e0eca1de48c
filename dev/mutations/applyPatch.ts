import { git } from './git.ts'
import type { Mutation } from './readMutations.ts'

/** Breaks the guard in this tree. Throws when the patch does not apply to it. */
export async function applyPatch(root: string, mutation: Mutation): Promise<void> {
  await assertApplies(root, mutation)
  await git(root, ['apply', '--whitespace=nowarn', mutation.file])
}

/** Throws, with the reason in one line, when the patch would not apply to this tree; changes nothing. */
export async function assertApplies(root: string, { name, file, changes }: Mutation): Promise<void> {
  const args = ['apply', '--check', '--numstat', '--whitespace=nowarn', file]
  const stat = await git(root, args).catch((error: unknown) => {
    throw new Error(`${name}.patch does not apply: ${error instanceof Error ? error.message : String(error)}`)
  })
  // One line a file: lines added, lines removed, path. What git passes over is not among them.
  const touched = stat
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split('\t')[2])
  if (touched.toSorted().join() !== changes.toSorted().join())
    throw new Error(`${name}.patch does not apply: it would change ${touched.join() || 'nothing'} only`)
}
