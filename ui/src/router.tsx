// Every place of the screen and its URL. A screen's code is loaded when it is first opened.

import type { QueryClient } from '@tanstack/react-query'
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
} from '@tanstack/react-router'
import { Frame } from './frame/frame'
import { NotHere } from './frame/not-here'
import { Trouble } from './parts/trouble'

const root = createRootRouteWithContext<{ queries: QueryClient }>()({
  component: Frame,
  notFoundComponent: NotHere,
  errorComponent: ({ error }) => <Trouble error={error} />,
})

const place = <Path extends string>(path: Path, load: () => Promise<Record<string, unknown>>, name: string) =>
  createRoute({
    getParentRoute: () => root,
    path,
    component: lazyRouteComponent(load as () => Promise<Record<string, never>>, name),
  })

const index = createRoute({
  getParentRoute: () => root,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: '/board' })
  },
})

const routes = [
  index,
  place('/welcome', () => import('./screens/welcome/welcome'), 'WelcomeScreen'),
  place('/board', () => import('./screens/board/board'), 'BoardScreen'),
  place('/data', () => import('./screens/data/data'), 'DataScreen'),
  place('/data/$schema/$table', () => import('./screens/data/data'), 'DataScreen'),
  place('/query', () => import('./screens/query/query'), 'QueryScreen'),
  place('/policies', () => import('./screens/policies/policies'), 'PoliciesScreen'),
  place('/people', () => import('./screens/people/people'), 'PeopleScreen'),
  place('/api', () => import('./screens/api/api'), 'ApiScreen'),
  place('/events', () => import('./screens/events/events'), 'EventsScreen'),
  place('/settings', () => import('./screens/settings/settings'), 'SettingsScreen'),
]

export const router = createRouter({
  routeTree: root.addChildren(routes),
  defaultPreload: 'intent',
  scrollRestoration: true,
  context: { queries: undefined as unknown as QueryClient },
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}
