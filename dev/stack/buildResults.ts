import { globSync } from 'node:fs'
import { join } from 'node:path'

const BUILD_RESULTS = ['coverage', 'clients/typescript/dist', 'clients/typescript/*.tgz']

/** @returns what commands made of the sources and can make again. */
export function findBuildResults(checkout: string): string[] {
  return globSync(BUILD_RESULTS, { cwd: checkout }).map((path) => join(checkout, path))
}
