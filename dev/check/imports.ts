// Checks that imports run one way. `node dev/check/imports.ts [root]`
import { execFile } from 'node:child_process'
import { resolve } from 'node:path'
import { promisify } from 'node:util'
import { answerHelp } from '../../src/platform/answerHelp.ts'

answerHelp('usage: npm run check:imports\nChecks that imports run one way.')
/** Well below the real count. A tool that no longer parses TypeScript finds no imports, and therefore no violations. */
const EDGES_MIN = 4_500
const OUTPUT_BYTES_MAX = 64 * 1024 * 1024
const CHECKOUT = resolve(import.meta.dirname, '../..')

interface Cruised {
  modules: { source: string; dependencies: unknown[] }[]
  summary: { violations: { from: string; to: string; rule: { name: string } }[] }
}

const root = resolve(process.argv[2] ?? CHECKOUT)
const args = [
  resolve(CHECKOUT, 'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs'),
  ...[
    '--config',
    resolve(CHECKOUT, '.dependency-cruiser.cjs'),
    '--output-type',
    'json',
    'src',
    'simulator',
    'dev',
    'loadtest',
    'chaos',
    'clients',
  ],
]
const { stdout } = await promisify(execFile)(process.execPath, args, {
  cwd: root,
  maxBuffer: OUTPUT_BYTES_MAX,
}).catch((error: unknown) => error as { stdout: string })
const { modules, summary } = JSON.parse(stdout) as Cruised
const product = modules.filter(({ source }) => source.startsWith('src/'))
const edges = product.reduce((sum, { dependencies }) => sum + dependencies.length, 0)
for (const { from, to, rule } of summary.violations) console.error(`imports: ${rule.name}: ${from} -> ${to}`)
if (edges < EDGES_MIN) console.error(`imports: found only ${edges} imports, so the check is broken`)
if (summary.violations.length > 0 || edges < EDGES_MIN) process.exit(1)
console.log(`imports: ${edges} in ${product.length} files run one way`)
