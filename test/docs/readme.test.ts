import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describeSettings } from '../../src/roles/config.ts'

const CHECKOUT = resolve(import.meta.dirname, '../..')
const README = readFileSync(resolve(CHECKOUT, 'README.md'), 'utf8')

describe('the README', () => {
  it('lists every setting with its default and meaning, and no other', () => {
    const rows = [...README.matchAll(/^\| `([A-Z_]+)` +\| +(?:`(.*?)`)? *\| (.*?) *\|$/gm)]
    assert.deepEqual(
      rows.map(([, name, byDefault = '', meaning]) => [name, byDefault, meaning]),
      describeSettings().map((row) => [row.name, row.default, row.meaning]),
    )
  })

  it('names folders and files that are there', () => {
    const links = [...README.matchAll(/\]\((?!http|#)([^)]+)\)/g)].map(([, path]) => path ?? '')
    const folders = [...README.matchAll(/^\| `([a-z/]+)` +\|/gm)].map(([, path]) => path ?? '')
    assert.ok(links.length > 5 && folders.length > 10)
    for (const path of [...links, ...folders]) assert.ok(existsSync(resolve(CHECKOUT, path)), path)
  })

  it('names commands that are there', () => {
    const makefile = readFileSync(resolve(CHECKOUT, 'Makefile'), 'utf8')
    const { scripts } = JSON.parse(readFileSync(resolve(CHECKOUT, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>
    }
    for (const [, target] of README.matchAll(/\bmake ([a-z-]+)/g)) {
      if (target !== 'targets')
        assert.match(makefile, new RegExp(`^[a-z -]*\\b${target}\\b[a-z -]*:`, 'm'), target)
    }
    for (const [, script] of README.matchAll(/npm run ([a-z:]+)/g)) assert.ok(scripts[script ?? ''], script)
  })
})
