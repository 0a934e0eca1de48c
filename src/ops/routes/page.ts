import { readdirSync, readFileSync } from 'node:fs'
import { findPackageJSON } from 'node:module'
import { dirname, extname, join } from 'node:path'
import { setCommonHeaders } from '../../platform/http/index.ts'
import type { Route } from '../../platform/http/index.ts'

const FOLDER = join(import.meta.dirname, '../page')

/** Nothing but our own files, no code and no style in the page itself, and no frame around it. */
const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; font-src 'self'; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

const TYPES: Record<string, string> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
}

/** Of packages, by the name under which the page imports them. Found, not imported: they are for browsers. */
const PACKAGES: Record<string, string> = {
  preact: 'preact/dist/preact.mjs',
  'preact/hooks': 'preact/hooks/dist/hooks.mjs',
  htm: 'htm/dist/htm.mjs',
  uplot: 'uplot/dist/uPlot.esm.js',
}
const CHART_STYLE = 'uplot/dist/uPlot.min.css'

/** The page itself, its own modules and the packages that it uses: read once, and served from memory. */
export function pageRoutes(): Route[] {
  const own = readdirSync(FOLDER).filter((name) => extname(name) !== '.html' && extname(name) in TYPES)
  return [
    serve('/ops', 'text/html; charset=utf-8', () => readFileSync(join(FOLDER, 'index.html'), 'utf8')),
    ...own.map((name) =>
      serve(`/ops/page/${name}`, TYPES[extname(name)] ?? '', () =>
        withPaths(readFileSync(join(FOLDER, name), 'utf8')),
      ),
    ),
    ...Object.entries(PACKAGES).map(([name, file]) =>
      serve(pathOf(name), TYPES['.js'] ?? '', () => withPaths(readFileSync(fileOf(file), 'utf8'))),
    ),
    serve('/ops/packages/uplot.css', TYPES['.css'] ?? '', () => readFileSync(fileOf(CHART_STYLE), 'utf8')),
  ]
}

function pathOf(name: string): string {
  return `/ops/packages/${name.replace('/', '-')}.js`
}

/** Browsers know files and no packages, and a map of names would have to stand in the page as code. */
function withPaths(source: string): string {
  return source.replaceAll(
    /(\bfrom\s*)(['"])([a-z/]+)\2/g,
    (whole, from: string, quote: string, name: string) =>
      Object.hasOwn(PACKAGES, name) ? `${from}${quote}${pathOf(name)}${quote}` : whole,
  )
}

/** Through the package's main folder, because not every package lets its files be resolved. */
function fileOf(file: string): string {
  const [name = '', ...rest] = file.split('/')
  return join(dirname(findPackageJSON(name, import.meta.url) ?? name), ...rest)
}

function serve(path: string, type: string, read: () => string): Route {
  let text: string | undefined
  return {
    method: 'get',
    path,
    access: 'public',
    quiet: true,
    handle(_request, response) {
      text ??= read()
      setCommonHeaders(response)
      response.set({ 'Content-Type': type, 'Content-Security-Policy': PAGE_POLICY }).end(text)
    },
  }
}
