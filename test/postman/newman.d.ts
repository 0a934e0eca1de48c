/** The part of newman that is used here; it ships no types of its own. */
declare module 'newman' {
  export interface RunOptions {
    collection: object
    envVar: { key: string; value: string }[]
    /** Nothing printed: the failures are in the summary. */
    reporters: []
    timeout: number
  }

  export interface RunFailure {
    error: { message: string; test?: string }
    source?: { name?: string }
  }

  export interface RunSummary {
    run: {
      stats: { requests: { total: number }; assertions: { total: number } }
      failures: RunFailure[]
    }
  }

  export function run(options: RunOptions, done: (error: Error | null, summary: RunSummary) => void): void
}
