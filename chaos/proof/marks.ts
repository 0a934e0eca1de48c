const MARK = /^\[([^\]]+)\]/

/** What a client put before its words, by which it knows them again; empty: none. */
export function markOf(text: string): string {
  return MARK.exec(text)?.[1] ?? ''
}
