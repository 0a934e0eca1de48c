export {
  addressRangesText,
  currencyText,
  decimalText,
  durationText,
  nameText,
  oneOf,
  patternText,
  secretText,
  someOf,
  urlText,
  wholeNumberText,
} from './kinds.ts'
export { isLoopback, listenAddressText, PORT_MAX } from './listenAddress.ts'
export { ConfigFault, readSettings } from './readSettings.ts'
export { describeRows } from './setting.ts'
export type { SettingRow, Settings, Values } from './setting.ts'
export { readTimeRange } from './readTimeRange.ts'
