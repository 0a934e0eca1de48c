import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'

const CHECKOUT = resolve(import.meta.dirname, '../..')
const README = readFileSync(resolve(CHECKOUT, 'README.md'), 'utf8')

const PAGES = [
  'README.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'dev/README.md',
  'clients/typescript/README.md',
  ...globSync('docs/*.md', { cwd: CHECKOUT }),
]

describe('the README', () => {
  it('has fewer than 1,200 words', () => {
    assert.ok(README.split(/\s+/).filter((word) => word !== '').length < 1_200)
  })

  it('names folders and files that are there', () => {
    const links = [...README.matchAll(/\]\((?!http|#)([^)]+)\)/g)].map(([, path]) => path ?? '')
    const folders = [...README.matchAll(/^\| `([a-z/]+)` +\|/gm)].map(([, path]) => path ?? '')
    assert.ok(links.length > 5 && folders.length > 10)
    for (const path of [...links, ...folders]) assert.ok(existsSync(resolve(CHECKOUT, path)), path)
  })

  it('and the other pages link to files that are there', () => {
    for (const page of PAGES) {
      const text = readFileSync(resolve(CHECKOUT, page), 'utf8')
      for (const [, path = ''] of text.matchAll(/\]\((?!http|#)([^)#]+)(?:#[^)]*)?\)/g))
        assert.ok(existsSync(resolve(CHECKOUT, dirname(page), path)), `${page}: ${path}`)
    }
  })

  it('names commands that are there', () => {
    const makefile = readFileSync(resolve(CHECKOUT, 'Makefile'), 'utf8')
    const { scripts } = JSON.parse(readFileSync(resolve(CHECKOUT, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>
    }
    for (const page of PAGES) {
      const text = readFileSync(resolve(CHECKOUT, page), 'utf8')
      for (const [, target] of text.matchAll(/`(?:[A-Z_]+=\S+ )?make ([a-z-]+)/g))
        assert.match(makefile, new RegExp(`^[a-z -]*\\b${target}\\b[a-z -]*:`, 'm'), `${page}: ${target}`)
      for (const [, script] of text.matchAll(/npm run ([a-z:]+)/g))
        assert.ok(scripts[script ?? ''], `${page}: ${script}`)
    }
  })
})
