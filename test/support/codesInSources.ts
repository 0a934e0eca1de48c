import { readdirSync, readFileSync } from 'node:fs'

/** Every code that the sources can refuse a request with. A code stands behind a status, or begins an Unavailable. */
export function codesInSources(): string[] {
  const folder = new URL('../../src/', import.meta.url)
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.ts'),
  )
  const found = files.flatMap((name) => {
    const text = readFileSync(new URL(name, folder), 'utf8')
    return [...text.matchAll(/(?:\b[45]\d\d,\s*|new Unavailable\(\s*)'([a-z_]+)'/g)].map(
      ([, code = '']) => code,
    )
  })
  return [...new Set(found)]
}
