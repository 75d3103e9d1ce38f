import './api/session'
import './look/tokens.css'
import './look/base.css'
import './look/parts.css'
import './look/frame.css'
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { Fragment, StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { Problem } from './api/client'
import { ToastShelf } from './parts/toast'
import { applyLook } from './look/look'
import { router } from './router'
import { speak, useLanguage } from './words/words'

applyLook()

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      // What changes is told by the board; asking again is for what nobody tells.
      staleTime: 30_000,
      // A refusal stays one. A board that restarts is back within seconds.
      retry: (tries, error) => tries < 3 && error instanceof Problem && [0, 503].includes(error.status),
    },
  },
})

const place = document.getElementById('screen')
if (place) {
  await speak()
  createRoot(place).render(
    <StrictMode>
      <QueryClientProvider client={queries}>
        <Screen />
      </QueryClientProvider>
    </StrictMode>,
  )
}

/** In another language everything is drawn anew: what is written once is written again. */
function Screen() {
  return (
    <Fragment key={useLanguage()}>
      <RouterProvider router={router} context={{ queries }} />
      <ToastShelf />
    </Fragment>
  )
}
