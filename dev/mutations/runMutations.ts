import { openTable } from './describe.ts'
import { chooseMutations, readMutations } from './readMutations.ts'
import type { Mutation } from './readMutations.ts'
import { runTests } from './runTests.ts'
import { tryMutation } from './tryMutation.ts'
import type { Workshop } from './workshop.ts'

export interface RunOptions {
  /** Mutations to try; all when there are none. */
  names: string[]
  print: (line: string) => void
  /** Nothing more is begun once it is aborted: the promise rejects with its reason. */
  stopping?: AbortSignal
}

/**
 * Breaks the guards one at a time, each in a copy of its own, and prints a table as it goes. Throws when the tests
 * fail before anything is broken: then they could catch nothing. @returns whether every mutation was caught.
 */
export async function runMutations(workshop: Workshop, options: RunOptions): Promise<boolean> {
  const { names, print, stopping } = options
  const mutations = chooseMutations(await readMutations(workshop.unmutated), names)
  const files = [...new Set(mutations.flatMap(({ caughtBy }) => caughtBy))].sort()
  print(`running ${files.length} test files with every guard in place ...`)
  await assertPass(workshop.unmutated, files, stopping)
  const table = openTable(mutations)
  print(table.head())
  let caught = 0
  for (const mutation of mutations) {
    const { verdict, seconds } = await tryInCopy(workshop, mutation, stopping)
    print(table.row(mutation, verdict, seconds))
    if (verdict.kind === 'caught') caught++
  }
  print(`${caught} of ${mutations.length} mutations caught`)
  return caught === mutations.length
}

async function assertPass(root: string, files: string[], stopping?: AbortSignal): Promise<void> {
  const { report, tail } = await runTests(root, files, stopping)
  if (!report) throw new Error(`the tests cannot be run:\n${tail}`)
  const [failure] = report.failures
  if (failure) throw new Error(`the tests fail before anything is broken: ${failure.title}\n${tail}`)
  if (!report.hasEnded || report.passes === 0)
    throw new Error(`the tests did not come to their end:\n${tail}`)
}

async function tryInCopy(workshop: Workshop, mutation: Mutation, stopping?: AbortSignal) {
  const startMs = performance.now()
  stopping?.throwIfAborted()
  const copy = await workshop.copy(mutation.name)
  try {
    const verdict = await tryMutation(copy, mutation, stopping)
    stopping?.throwIfAborted()
    return { verdict, seconds: (performance.now() - startMs) / 1_000 }
  } finally {
    await workshop.remove(mutation.name)
  }
}
