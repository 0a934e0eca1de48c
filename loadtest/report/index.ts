export { alignColumns, printTable, tableLines } from './printTable.ts'
export { REPORTS_FOLDER, writeHtml, writeJson, writeReport } from './write.ts'
export type { WrittenReport } from './write.ts'
