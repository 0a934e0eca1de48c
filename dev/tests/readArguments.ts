import { statSync } from 'node:fs'

export interface TestArguments {
  /** Patterns that mocha expands. */
  files: string[]
  flags: string[]
  /** No file was named. */
  isWholeSuite: boolean
}

const ALL_FILES = 'test/**/*.test.ts'

/** The value of these may look like a path. */
const VALUE_FLAGS = ['-g', '--grep', '-f', '--fgrep', '-r', '--require', '--config', '--file', '--ignore']

/** Separates test files from the flags of mocha. A folder stands for all test files below it. */
export function readArguments(args: string[]): TestArguments {
  const isFile = (arg: string, at: number) =>
    !arg.startsWith('-') &&
    !VALUE_FLAGS.includes(args[at - 1] ?? '') &&
    (arg.endsWith('.ts') || isFolder(arg))
  const named = args.filter(isFile)
  return {
    files:
      named.length === 0
        ? [ALL_FILES]
        : named.map((path) => (isFolder(path) ? `${path}/**/*.test.ts` : path)),
    flags: args.filter((arg, at) => !isFile(arg, at)),
    isWholeSuite: named.length === 0,
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
}
