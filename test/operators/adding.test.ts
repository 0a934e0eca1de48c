import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readOperatorsFile } from '../../src/operators/index.ts'

const PAGE = fileURLToPath(new URL('../../docs/operators/adding.md', import.meta.url))

describe('the page on adding an operator', () => {
  const readYaml = (text: string, env: Record<string, string>) => {
    const folder = mkdtempSync(join(tmpdir(), 'chapar-adding-'))
    try {
      writeFileSync(join(folder, 'operators.yml'), text)
      return readOperatorsFile(join(folder, 'operators.yml'), (name) => env[name])
    } finally {
      rmSync(folder, { recursive: true })
    }
  }
  const [, twilio = ''] = /```yaml\n([\s\S]*?)```/.exec(readFileSync(PAGE, 'utf8')) ?? []

  it('shows a Twilio operator that can be read', () => {
    const read = readYaml(twilio, { TWILIO_AUTH_TOKEN: 'token' })
    assert.ok('operators' in read, JSON.stringify(read))
    const [operator] = read.operators
    assert.ok(operator?.protocol === 'twilio')
    assert.deepEqual([operator.authToken, operator.keepsOurReference], ['token', false])
  })

  it('is right that a secret may not stand in the file', () => {
    const read = readYaml(twilio.replace('${TWILIO_AUTH_TOKEN}', 'token'), {})
    assert.ok('faults' in read)
    assert.match(read.faults.join('\n'), /operators\.0\.auth_token: must come from the environment/)
  })
})
