export { sourceAddressOf } from './access/sourceAddress.ts'
export { openWrongKeys } from './access/wrongKeys.ts'
export { openAccess } from './access/openAccess.ts'
export type { AccessGate, AccessSettings } from './access/openAccess.ts'
export { readAdminLog, recordChange } from './adminLog.ts'
export type { AdminAction, LogEntry } from './adminLog.ts'
export type { AccountsContext } from './change.ts'
export { changeCustomer } from './changeCustomer.ts'
export { createCustomer, NO_LIMITS } from './createCustomer.ts'
export type { CreateDecision } from './createCustomer.ts'
export { createKey, KEYS_MAX } from './createKey.ts'
export type { CreateKeyDecision } from './createKey.ts'
export { listCustomers, nameCustomers, readCustomer } from './customers.ts'
export { customerNotFound } from './customerNotFound.ts'
export { createDemoClient, DEMO_KEY, hasDemoKey } from './demoClient.ts'
export { createAccountsEvents } from './events.ts'
export type { AccountsEvents } from './events.ts'
export { listKeys } from './keys.ts'
export type { KeyOwner } from './keys.ts'
export { changeOperator, readOperators } from './operators.ts'
export { revokeKey } from './revokeKey.ts'
export { createTariff, endTariff, listTariffs } from './tariffs.ts'
export type {
  CreateTariffDecision,
  CustomerTariff,
  EndTariffDecision,
  TariffPage,
  TariffPageQuery,
  TariffValues,
} from './tariffs.ts'
export { topUpRecorded } from './topUpRecorded.ts'
export type { ApiKey, Customer, CustomerValues, KeyRequest, Page, PageQuery } from './types.ts'
