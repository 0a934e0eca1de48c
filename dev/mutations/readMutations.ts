import { readFile, readdir } from 'node:fs/promises'
import { basename, join } from 'node:path'

/** Where the patches lie, seen from the checkout. */
export const PATCHES_FOLDER = 'test/mutations'

/** One guard broken on purpose: a patch with a header of plain lines, which `git apply` passes over. */
export interface Mutation {
  /** The patch's file name without its ending. */
  name: string
  file: string
  /** What the patch breaks, in a sentence. */
  breaks: string
  /** The invariants that the guard keeps, by their numbers. */
  invariants: number[]
  /** The test files of which each must catch it, seen from the checkout. */
  caughtBy: string[]
  /** The files that the patch changes. */
  changes: string[]
}

/** A patch whose header does not say what it must. `message` is one line that names the patch. */
export class MalformedMutation extends Error {}

const INVARIANTS = [1, 2, 3, 4, 5, 6]

/** All patches of a checkout, in the order of their names. @throws MalformedMutation. */
export async function readMutations(checkout: string): Promise<Mutation[]> {
  const folder = join(checkout, PATCHES_FOLDER)
  const names = (await readdir(folder)).filter((name) => name.endsWith('.patch')).sort()
  return Promise.all(
    names.map(async (name) => parseMutation(join(folder, name), await readFile(join(folder, name), 'utf8'))),
  )
}

/** Those of the given names, in that order, or all when there are none. Throws on a name that no patch has. */
export function chooseMutations(mutations: Mutation[], names: string[]): Mutation[] {
  if (names.length === 0) return mutations
  return names.map((name) => {
    const chosen = mutations.find((mutation) => mutation.name === name)
    if (!chosen)
      throw new Error(
        `no mutation is called "${name}"; there are\n${mutations.map((each) => `  ${each.name}`).join('\n')}`,
      )
    return chosen
  })
}

export function parseMutation(file: string, text: string): Mutation {
  const name = basename(file, '.patch')
  const malformed = (reason: string) => new MalformedMutation(`${name}.patch ${reason}`)
  const diffAt = text.search(/^diff --git /m)
  if (diffAt < 0) throw malformed('holds no diff')
  const header = text.slice(0, diffAt)
  const field = (key: string) => {
    const value = new RegExp(`^${key}: (.+)$`, 'm').exec(header)?.[1]?.trim()
    if (!value) throw malformed(`does not say "${key}: ..." before its diff`)
    return value
  }
  const listed = (key: string) => field(key).split(/, */)
  const invariants = listed('invariant').map(Number)
  if (!invariants.every((invariant) => INVARIANTS.includes(invariant)))
    throw malformed(`names invariant ${invariants.join(', ')}; there are 1 to ${INVARIANTS.length}`)
  const changes = [...text.slice(diffAt).matchAll(/^\+\+\+ b\/(.+)$/gm)].map(([, path]) => path ?? '')
  if (changes.length === 0) throw malformed('changes no file')
  return { name, file, breaks: field('breaks'), invariants, caughtBy: listed('caught by'), changes }
}
