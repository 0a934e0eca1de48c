import type { TestRun } from './runTests.ts'

/**
 * The result of a mutation.
 * - caught: a test failed in each of the files that must catch it; `by` are those tests.
 * - survived: the tests of `files` passed although the guard is broken.
 * - unusable: it says nothing of the tests, because it does not apply, does not compile or no test could run.
 */
export type Verdict =
  { kind: 'caught'; by: string[] } | { kind: 'survived'; files: string[] } | { kind: 'unusable'; why: string }

/** Judges the run of one test file by mocha's own count. */
export function judge(file: string, { report, tail }: TestRun): Verdict {
  if (!report) return { kind: 'unusable', why: `${file} could not be run:\n${tail}` }
  const { failures, passes, hasEnded } = report
  const by = failures.filter(({ isOfTest }) => isOfTest).map(({ title }) => title)
  if (by.length > 0) return { kind: 'caught', by }
  const [hook] = failures
  if (hook) return { kind: 'unusable', why: `${file} did not come to its tests: ${hook.title}` }
  if (!hasEnded) return { kind: 'unusable', why: `${file} did not come to its end:\n${tail}` }
  if (passes === 0) return { kind: 'unusable', why: `${file} ran no test` }
  return { kind: 'survived', files: [file] }
}

/** Joins the verdicts of several test files, of which each must catch the mutation. */
export function joinVerdicts(verdicts: Verdict[]): Verdict {
  const unusable = verdicts.find(({ kind }) => kind === 'unusable')
  if (unusable) return unusable
  const files = verdicts.flatMap((verdict) => (verdict.kind === 'survived' ? verdict.files : []))
  if (files.length > 0) return { kind: 'survived', files }
  return { kind: 'caught', by: verdicts.flatMap((verdict) => (verdict.kind === 'caught' ? verdict.by : [])) }
}
