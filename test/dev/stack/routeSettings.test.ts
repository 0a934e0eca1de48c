import assert from 'node:assert/strict'
import { routeSettings } from '../../../dev/stack/routeSettings.ts'

const UP = { databaseUrl: 'mysql://up', operatorSettings: { OPERATORS_FILE: 'up.yml' } }
const OWN = { OPERATORS_FILE: 'own.yml' }

describe('what a route is explained with', () => {
  it('is the operators of make up, and its database where health is asked for', () => {
    assert.deepEqual(routeSettings({}, false, UP), { settings: { OPERATORS_FILE: 'up.yml' } })
    const settings = { OPERATORS_FILE: 'up.yml', DATABASE_URL: 'mysql://up' }
    assert.deepEqual(routeSettings({}, true, UP), { settings })
  })

  it('is what the caller set instead', () => {
    assert.deepEqual(routeSettings(OWN, false, undefined), { settings: {} })
    const settings = { DATABASE_URL: 'mysql://up' }
    assert.deepEqual(routeSettings({ OPERATOR_A_URL: 'http://a' }, true, UP), { settings })
    assert.deepEqual(routeSettings({ ...OWN, DATABASE_URL: 'mysql://own' }, true, UP), { settings: {} })
  })

  it('says what to set where there is neither', () => {
    const orUp = 'or start the stack with "make up"'
    assert.deepEqual(routeSettings({}, false, undefined), {
      fault: `no operators: set OPERATORS_FILE, ${orUp}`,
    })
    assert.deepEqual(routeSettings(OWN, true, undefined), { fault: `no database: set DATABASE_URL, ${orUp}` })
  })
})
