import { segment } from '../../segments/index.ts'

/** @returns the parts of a text, as they are billed. */
export function countParts(text: string): number {
  return segment(text).parts.length
}
