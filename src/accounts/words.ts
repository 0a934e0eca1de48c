/** A list as a column keeps it: words separated by commas, or NULL for none. No word contains a comma. */
export function toWords(words: readonly string[] | null): string | null {
  return words && words.join(',')
}

export function fromWords(column: string | null): string[] | null {
  return column === null ? null : column.split(',')
}
