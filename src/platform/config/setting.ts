import type { z } from 'zod'

/**
 * One setting: an environment variable, what it means and how its text is read. A schema's messages complete the
 * sentence "NAME ...", and must not quote the value where that may hold a password.
 */
export interface Setting<T = unknown> {
  schema: z.ZodType<T, string>
  /** One sentence for the table in the README. */
  meaning: string
  /** As one would write it; absent when there is none. */
  default?: string
  /** Without a value the program cannot start. */
  required?: boolean
}

export type Settings = Record<string, Setting>

type ValueOf<S> = S extends { schema: z.ZodType<infer T, string> }
  ? S extends { default: string } | { required: true }
    ? T
    : T | undefined
  : never

/** What the settings read as: always a value where there is a default or none may be missing. */
export type Values<S extends Settings> = { [Name in keyof S]: ValueOf<S[Name]> }

/** A row of the table of settings. */
export interface SettingRow {
  name: string
  default: string
  meaning: string
}

export function describeRows(settings: Settings): SettingRow[] {
  return Object.entries(settings).map(([name, setting]) => ({
    name,
    default: setting.default ?? (setting.required ? 'required' : ''),
    meaning: setting.meaning,
  }))
}
