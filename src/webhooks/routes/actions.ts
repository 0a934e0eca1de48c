import type {
  CreateEndpointDecision,
  DeliveriesPage,
  DeliveriesQuery,
  Endpoint,
  EndpointKey,
  EndpointValues,
  NewSecret,
} from '../index.ts'

/** What the routes of endpoints need. Undefined: there is no such endpoint. */
export interface EndpointActions {
  /** Plain http and private addresses are served, for development. */
  allowsPrivate: boolean
  listEndpoints: (userId: number) => Promise<Endpoint[]>
  createEndpoint: (userId: number, values: EndpointValues) => Promise<CreateEndpointDecision>
  changeEndpoint: (
    key: EndpointKey,
    change: { [Name in keyof EndpointValues]?: EndpointValues[Name] | undefined },
  ) => Promise<Endpoint | undefined>
  deleteEndpoint: (key: EndpointKey) => Promise<boolean>
  rotateSecret: (key: EndpointKey) => Promise<NewSecret | undefined>
  rotateCallbackSecret: (userId: number) => Promise<NewSecret>
  /** The identifier of its delivery. */
  testEndpoint: (key: EndpointKey) => Promise<string | undefined>
  replay: (key: EndpointKey, after: number) => Promise<Endpoint | undefined>
  listDeliveries: (query: DeliveriesQuery) => Promise<DeliveriesPage | undefined>
}
