import { useQuery } from '@tanstack/react-query'
import { createContext, type ReactNode, useContext } from 'react'
import type { Operation } from '../api/client'
import { readOperations } from '../api/operation-list'
import { may, type Session } from '../api/session'

const Place = createContext<Session>({ signed_in: false })

export function SessionPlace({ value, children }: { value: Session; children: ReactNode }) {
  return <Place value={value}>{children}</Place>
}

export const useSession = () => useContext(Place)

/** Whether the one who sits here may call it: a button that would be refused is not shown. The board
    says which permission an operation needs. */
export function useMay(operation: Operation): boolean {
  const session = useSession()
  const operations = useQuery({ queryKey: ['operations'], queryFn: readOperations, staleTime: Infinity })
  const spec = operations.data?.find((one) => one.name === operation)
  return spec !== undefined && may(session, spec.permission)
}
