import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describeSettingsPage, SETTINGS_PAGE } from '../../dev/settingsPage.ts'

describe('the settings page', () => {
  it('is what "npm run docs:settings" writes from the settings', async () => {
    assert.equal(readFileSync(SETTINGS_PAGE, 'utf8'), await describeSettingsPage())
  })
})
