import { applyPatch } from './applyPatch.ts'
import { findTypeFault } from './findTypeFault.ts'
import { joinVerdicts, judge } from './judge.ts'
import type { Verdict } from './judge.ts'
import type { Mutation } from './readMutations.ts'
import { runTests } from './runTests.ts'

/** Breaks one guard in a copy of the checkout, and sees whether each of the named test files catches it. */
export async function tryMutation(
  copy: string,
  mutation: Mutation,
  stopping?: AbortSignal,
): Promise<Verdict> {
  try {
    await applyPatch(copy, mutation)
  } catch (error) {
    return { kind: 'unusable', why: error instanceof Error ? error.message : String(error) }
  }
  const fault = await findTypeFault(copy, mutation.changes)
  if (fault !== undefined) return { kind: 'unusable', why: `it does not compile: ${fault}` }
  const verdicts: Verdict[] = []
  // One after the other: mocha's count is the file's own, and a file that is given up is not another's end.
  for (const file of mutation.caughtBy) verdicts.push(judge(file, await runTests(copy, [file], stopping)))
  return joinVerdicts(verdicts)
}
