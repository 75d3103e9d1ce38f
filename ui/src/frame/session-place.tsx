import { createContext, type ReactNode, useContext } from 'react'
import { may, type Session } from '../api/session'

const Place = createContext<Session>({ signed_in: false })

export function SessionPlace({ value, children }: { value: Session; children: ReactNode }) {
  return <Place value={value}>{children}</Place>
}

export const useSession = () => useContext(Place)

/** Whether the one who sits here may do it: a button that would be refused is not shown. */
export function useMay(permission: string): boolean {
  return may(useSession(), permission)
}
