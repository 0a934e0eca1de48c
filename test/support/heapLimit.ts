/** Whether an argument of node bounds its heap, or a part of it. */
export function isHeapLimit(argument: string): boolean {
  return /^--(min-semi|max-semi|max-old)-space-size=/.test(argument)
}
