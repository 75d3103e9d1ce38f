// What the board can do, as it tells it itself.

import { reach } from './client'

export interface OperationSpec {
  name: string
  summary: string
  about?: string
  effect: 'read' | 'write' | 'admin' | 'destructive'
  permission: string
  preview: boolean
  follows: boolean
  input: object
  output: object
}

export async function readOperations(): Promise<OperationSpec[]> {
  const told = (await (await reach('/admin/v1/operations')).json()) as { operations: OperationSpec[] }
  return told.operations
}

