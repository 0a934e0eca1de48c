import type { Customer } from '../../accounts/index.ts'
import type { Region } from '../../numbers/index.ts'
import type {
  CreateExportDecision,
  DownloadFile,
  ExportKey,
  ExportRequest,
  ExportsPage,
  ExportView,
} from '../index.ts'

/** What the routes of exports need. */
export interface ExportActions {
  /** EXPORT_FOLDER; undefined where exports are not served. */
  folder: string | undefined
  hasParquet: boolean
  /** At once, of this process. Each has a file open, for as long as its reader likes. */
  downloadsMax: number
  region?: Region | undefined
  nowMs: () => number
  /** `admin` is who acts for the customer. */
  createExport: (request: ExportRequest, admin?: string) => Promise<CreateExportDecision>
  listExports: (query: { userId: number; limit: number; before?: string | undefined }) => Promise<ExportsPage>
  readExport: (key: ExportKey) => Promise<ExportView | undefined>
  deleteExport: (key: ExportKey, admin?: string) => Promise<boolean>
  findDownload: (query: {
    id: string
    expiresSeconds: number
    signature: string
  }) => Promise<DownloadFile | 'refused' | 'gone'>
  readCustomer: (publicId: string) => Promise<Pick<Customer, 'userId'> | undefined>
}
