/** What a file holds of a row, in the order of its columns. */
export type Cell = string | number | boolean | null
export type Row = readonly Cell[]

/**
 * - text: what people wrote, so that CSV has to escape formulas in it. word: anything else in characters.
 * - integer: a whole number of 64 bits. flag: true or false.
 * - time: RFC 3339 in UTC. identifier: a UUID. bytes: in hex.
 */
export type ColumnType = 'text' | 'word' | 'integer' | 'flag' | 'time' | 'identifier' | 'bytes'

export interface Column {
  name: string
  type: ColumnType
}

/** A complete file. */
export interface WrittenFile {
  rows: number
  bytes: number
  /** In hex. */
  sha256: string
}
