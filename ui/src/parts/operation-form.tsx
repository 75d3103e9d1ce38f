// Any operation as a form made from its schema: fields by type, a preview where there is one, the
// consent that it needs, and its answer.

import { useMutation } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { call, follow } from '../api/client'
import type { OperationSpec } from '../api/operation-list'
import { t, T } from '../words/words'
import { Answer } from './answer'
import { type Schema, SchemaFields, valuesOf } from './schema-fields'
import { Trouble } from './trouble'

interface OperationFormProps {
  spec: OperationSpec
  /** What is known already, and not asked. */
  given?: Record<string, unknown>
  onDone?: (answer: unknown) => void
  /** What it does stands above it already. */
  titled?: boolean
}

export default function OperationForm({ spec, given = {}, onDone, titled }: OperationFormProps) {
  const schema = spec.input as Schema
  const [asked, setAsked] = useState<{ input: Record<string, unknown>; preview: boolean }>()
  const [agreed, setAgreed] = useState('')
  const [items, setItems] = useState<unknown[]>([])
  const [stop, setStop] = useState<() => void>()
  const run = useMutation({
    mutationFn: ({ input, preview }: { input: Record<string, unknown>; preview: boolean }) =>
      call(spec.name as string, input, {
        preview,
        consent: preview ? undefined : spec.effect === 'destructive' ? 'destroy' : 'yes',
      }),
    onSuccess: (answer, { preview }) => {
      if (!preview) onDone?.(answer)
    },
  })
  const destroys = spec.effect === 'destructive'

  const send = (event: FormEvent<HTMLFormElement>, preview: boolean) => {
    event.preventDefault()
    const input = { ...valuesOf(event.currentTarget, schema), ...given }
    if (spec.follows) {
      setItems([])
      const end = follow(spec.name, input, (item) => setItems((before) => [...before.slice(-499), item]))
      setStop(() => end)
      return
    }
    setAsked({ input, preview })
    run.mutate({ input, preview })
  }

  return (
    <form
      className="stack"
      onSubmit={(event) => {
        const by = (event.nativeEvent as SubmitEvent).submitter as HTMLButtonElement | null
        send(event, by?.value === 'preview')
      }}
    >
      {!titled && <p lang="en">{spec.summary}.</p>}
      {spec.about && <p className="quiet" lang="en">{spec.about}</p>}
      <SchemaFields schema={schema} without={Object.keys(given)} />
      {destroys && (
        <label className="field">
          <T word="parts.writeToGoOn" with={{ name: <code>{spec.name}</code> }} />
          <input value={agreed} onChange={(event) => setAgreed(event.target.value)} />
        </label>
      )}
      <div className="row">
        <button
          type="submit"
          className="button"
          data-kind={destroys ? 'bad' : 'main'}
          disabled={run.isPending || (destroys && agreed !== spec.name)}
        >
          {spec.follows ? t('parts.follow') : t('all.run')}
        </button>
        {spec.preview && (
          <button type="submit" value="preview" className="button" disabled={run.isPending}>
            {t('parts.preview')}
          </button>
        )}
        {stop && (
          <button
            type="button"
            className="button"
            onClick={() => {
              stop()
              setStop(undefined)
            }}
          >
            {t('parts.stop')}
          </button>
        )}
      </div>
      {run.isError && <Trouble error={run.error} />}
      {run.isSuccess && (
        <section aria-label={t('parts.answer')} className="stack">
          {asked?.preview && <p className="badge">{t('parts.previewNothingWasChanged')}</p>}
          <Answer value={run.data} />
        </section>
      )}
      {items.length > 0 && <Answer value={items} />}
    </form>
  )
}
