import assert from 'node:assert/strict'
import { resolveSecrets } from '../../src/operators/secrets.ts'

const VALUES: Record<string, string> = { PASSWORD: 's3cret', EMPTY: '' }
const resolve = (tree: unknown) => resolveSecrets(tree, (name) => VALUES[name])
const faultsOf = (tree: unknown) =>
  resolve(tree).faults.map(({ path, message }) => `${path.join('.')}: ${message}`)

describe('secrets of the operators', () => {
  it('come from the environment, in a text or by the name of a variable', () => {
    const tree = { password_env: 'PASSWORD', list: [{ headers: { Authorization: 'Bearer ${PASSWORD}' } }] }
    assert.deepEqual(resolve(tree), {
      tree: { password: 's3cret', list: [{ headers: { Authorization: 'Bearer s3cret' } }] },
      faults: [],
    })
  })

  it('are refused where they stand in the file, in whatever depth', () => {
    const tree = {
      ...{ password: 'p', auth_token: 123_456, receipts: { secret: 's' } },
      headers: { 'X-Api-Key': 'k', Authorization: 'Bearer x' },
    }
    const places = resolve(tree).faults.map(({ path }) => path.join('.'))
    assert.deepEqual(places, [
      ...['password', 'auth_token', 'receipts.secret', 'headers.X-Api-Key', 'headers.Authorization'],
    ])
    assert.match(faultsOf({ password: 'p' }).join(), /password_env: NAME/)
  })

  it('are not confused with members that only name one', () => {
    const tree = {
      token_path: 'data.token',
      tokens: 3,
      api_key: '{secret.api_key}',
      password_header: 'X-P',
      secretary: 'Ann',
    }
    assert.deepEqual(resolve(tree), { tree, faults: [] })
  })

  it('are given once, by a variable that has a value', () => {
    assert.deepEqual(faultsOf({ password: '${PASSWORD}', password_env: 'PASSWORD' }), [
      'password_env: stands beside password: give one of them',
    ])
    assert.deepEqual(faultsOf({ password_env: 'EMPTY' }), [
      'password_env: the environment has no value for EMPTY',
    ])
    assert.deepEqual(faultsOf({ password_env: 'the word itself' }), [
      'password_env: must be the name of a variable of the environment',
    ])
  })
})
