import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readOperatorsFile } from '../../src/operators/index.ts'
import { operatorOf } from './operatorOf.ts'

describe("the operators' file", () => {
  let folder: string
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'chapar-operators-'))
  })
  after(() => rmSync(folder, { recursive: true }))

  const read = (text: string) => {
    const path = join(folder, 'operators.yml')
    writeFileSync(path, text)
    return readOperatorsFile(path)
  }
  const faultsOf = (text: string) => {
    const result = read(text)
    return 'faults' in result ? result.faults : []
  }

  it('lists operators in order of preference, with defaults for all but name and address', () => {
    const text = `
operators:
  - name: first
    url: https://operator.example/sms/v1
  - name: second
    protocol: chapar-http
    url: http://127.0.0.1:9001
    connections: 8
    batch_size_max: 1
    idle_timeout: 500ms
    deduplicates_references: true
    keeps_our_reference: false
`
    const second = operatorOf({
      ...{
        name: 'second',
        url: 'http://127.0.0.1:9001',
        connections: 8,
        batchSizeMax: 1,
        idleTimeoutMs: 500,
      },
      ...{ deduplicatesReferences: true, keepsOurReference: false },
    })
    assert.deepEqual(read(text), {
      operators: [
        operatorOf({ name: 'first', url: 'https://operator.example/sms/v1', connections: 32 }),
        second,
      ],
    })
  })

  it('is checked as a whole, and each fault names its place', () => {
    const text = `
operators:
  - name: a b
    url: ftp://operator
    connections: 1
  - name: same
    url: http://user:secret@operator
    protocol: smpp
    idle_timeout: 1h
  - url: http://operator
    batch_size: 5
`
    const faults = faultsOf(text)
    const places = faults.map((fault) => fault.split(':')[0])
    assert.deepEqual(places, [
      'operators.0.name',
      'operators.0.url',
      'operators.0.connections',
      'operators.1.protocol',
      'operators.1.url',
      'operators.1.idle_timeout',
      'operators.2.name',
      'operators.2',
    ])
    assert.ok(!faults.join().includes('secret'))
  })

  it('refuses two operators of one name', () => {
    const operator = '{ name: a, url: "http://operator" }'
    assert.deepEqual(faultsOf(`operators: [${operator}, ${operator}]`), [
      'operators.1.name: "a" is taken already',
    ])
  })

  for (const [name, text, fault] of [
    ['is empty', '', /expected object/],
    ['has no operators', 'operators: []', /^operators: /],
    ['is no YAML', 'operators: [', /line 1/],
    ['names what does not exist', 'operator: []', /operator/],
  ] as const) {
    it(`says what is wrong when it ${name}`, () => {
      assert.match(faultsOf(text).join('; '), fault)
    })
  }

  it('says that it cannot be read', () => {
    assert.deepEqual(readOperatorsFile(join(folder, 'missing.yml')), { faults: ['cannot be read: ENOENT'] })
  })
})
