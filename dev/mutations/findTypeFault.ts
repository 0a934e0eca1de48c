import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { CommandFailed, run } from '../processes/run.ts'

/** The compiler reads what the changed files import, which takes some seconds. */
const TIMEOUT_MS = 180_000

/** Beside the tree's own, so that what it names is found. */
const CONFIGURATION = 'tsconfig.mutation.json'

/**
 * Whether the changed files still compile: a test that fails because a name or a bracket is missing has caught nothing.
 * Unused names are allowed, as a guard that is taken out leaves some behind. @returns the first complaint.
 */
export async function findTypeFault(root: string, changes: string[]): Promise<string | undefined> {
  const files = changes.filter((path) => path.endsWith('.ts'))
  if (files.length === 0) return undefined
  const configuration = {
    extends: './tsconfig.json',
    compilerOptions: { noUnusedLocals: false, noUnusedParameters: false },
    include: [],
    files,
  }
  await writeFile(join(root, CONFIGURATION), JSON.stringify(configuration))
  const args = [join(root, 'node_modules/typescript/bin/tsc'), '-p', CONFIGURATION, '--pretty', 'false']
  try {
    await run(process.execPath, args, { env: {}, timeoutMs: TIMEOUT_MS, cwd: root })
    return undefined
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error
    return error.output.split('\n').find((line) => line.includes('error')) ?? error.message
  }
}
