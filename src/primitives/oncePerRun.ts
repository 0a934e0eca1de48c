/** @returns toText, which makes no new text for a value that is the same as the one before. */
export function oncePerRun<T>(
  toText: (value: T) => string,
  areSame: (one: T, other: T) => boolean,
): (value: T) => string {
  let last: { value: T; text: string } | undefined
  return (value) => {
    if (!last || !areSame(last.value, value)) last = { value, text: toText(value) }
    return last.text
  }
}
