// Every setting with its value, where it comes from, and whether a change needs a restart. Changes
// are gathered, shown as a difference, and then saved.

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useSearch } from '@tanstack/react-router'
import { useEffect, useMemo, useState } from 'react'
import { call, type Output } from '../../api/client'
import { useMay } from '../../frame/session-place'
import { Modal } from '../../parts/modal'
import { rank } from '../../parts/rank'
import { say } from '../../parts/toast'
import { Trouble } from '../../parts/trouble'
import { Waiting } from '../../parts/waiting'
import { t, known } from '../../words/words'
import './settings.css'

type Setting = Output<'config:show'>['settings'][number]

export const asText = (value: unknown): string =>
  value === null || value === undefined ? '' : typeof value === 'string' ? value : JSON.stringify(value)

export function SettingsScreen() {
  const queries = useQueryClient()
  const may = useMay('config:set')
  const settings = useQuery({ queryKey: ['config:show'], queryFn: () => call('config:show', { origin: true, changed: false }) })
  const { find } = useSearch({ strict: false }) as { find?: string }
  const [words, setWords] = useState(find ?? '')
  useEffect(() => setWords(find ?? ''), [find])
  const [changedOnly, setChangedOnly] = useState(false)
  const [drafts, setDrafts] = useState<Record<string, string>>({})
  const [review, setReview] = useState(false)
  const save = useMutation({
    mutationFn: async () => {
      for (const [name, value] of Object.entries(drafts)) {
        if (value === '') await call('config:unset', { name }, { consent: 'yes' })
        else await call('config:set', { name, value }, { consent: 'yes' })
        setDrafts(({ [name]: _, ...rest }) => rest)
      }
    },
    onSuccess: () => {
      setReview(false)
      say({ text: t('settings.savedAndInForceWhere') })
    },
    onSettled: () => queries.invalidateQueries({ queryKey: ['config:show'] }),
  })

  const sections = useMemo(() => {
    const all = (settings.data?.settings ?? []).filter((one) => !changedOnly || one.origin !== 'default')
    const found = rank(all, words, (one) => `${one.name} ${one.about}`)
    const bySection = new Map<string, Setting[]>()
    for (const one of words ? found : all) {
      const section = one.name.split('.')[0] ?? ''
      bySection.set(section, [...(bySection.get(section) ?? []), one])
    }
    return [...bySection]
  }, [settings.data, words, changedOnly])

  if (settings.isPending) return <Waiting what={t('settings.readingTheSettings')} />
  if (settings.isError) return <Trouble error={settings.error} again={() => settings.refetch()} />
  const byName = new Map(settings.data.settings.map((one) => [one.name, one]))
  const count = Object.keys(drafts).length
  return (
    <>
      <div className="screen-head">
        <h1>{t('all.settings')}</h1>
        <div className="row">
          <input
            className="input"
            type="search"
            aria-label={t('settings.findASetting')}
            placeholder={t('settings.findASetting')}
            value={words}
            onChange={(event) => setWords(event.target.value)}
          />
          <label className="check">
            <input type="checkbox" checked={changedOnly} onChange={(event) => setChangedOnly(event.target.checked)} />
            {t('settings.onlyWhatSomebodyHasSet')}
          </label>
        </div>
      </div>
      {sections.length === 0 && (
        <div className="empty">
          <p>{changedOnly ? t('settings.nobodyHasChangedAnythingEvery') : t('settings.noSettingIsCalledSo')}</p>
        </div>
      )}
      {sections.map(([section, all]) => (
        <section key={section} className="card settings-section" aria-label={section}>
          <h2 translate="no">{section}</h2>
          {all.map((one) => (
            <Row
              key={one.name}
              setting={one}
              draft={drafts[one.name]}
              may={may}
              onDraft={(value) =>
                setDrafts(({ [one.name]: _, ...rest }) => (value === undefined || value === asText(one.value) ? rest : { ...rest, [one.name]: value }))
              }
            />
          ))}
        </section>
      ))}
      {count > 0 && (
        <div className="settings-bar" role="status">
          <span>
            {t('settings.notSaved', { count })}
          </span>
          <button type="button" className="button" onClick={() => setDrafts({})}>
            {t('settings.forget')}
          </button>
          <button type="button" className="button" data-kind="main" onClick={() => setReview(true)}>
            {t('settings.reviewAndSave')}
          </button>
        </div>
      )}
      {review && (
        <Modal title={t('settings.whatWillChange')} onClose={() => setReview(false)} wide>
          <div className="stack">
            <table className="table">
              <thead>
                <tr>
                  <th>{t('settings.setting')}</th>
                  <th>{t('settings.now')}</th>
                  <th>{t('settings.then')}</th>
                  <th>{t('settings.takesEffect')}</th>
                </tr>
              </thead>
              <tbody>
                {Object.entries(drafts).map(([name, value]) => (
                  <tr key={name}>
                    <td className="mono">{name}</td>
                    <td className="mono">{asText(byName.get(name)?.value)}</td>
                    <td className="mono">{value === '' ? t('settings.itsDefault', { value: asText(byName.get(name)?.default) }) : value}</td>
                    <td>{byName.get(name)?.live ? t('settings.atOnce') : t('settings.atTheNextBoot')}</td>
                  </tr>
                ))}
              </tbody>
            </table>
            {save.isError && <Trouble error={save.error} />}
            <div className="row">
              <button type="button" className="button" data-kind="main" onClick={() => save.mutate()} disabled={save.isPending}>
                {t('all.save')}
              </button>
              <button type="button" className="button" onClick={() => setReview(false)}>
                {t('settings.back')}
              </button>
            </div>
          </div>
        </Modal>
      )}
    </>
  )
}

function Row({ setting, draft, may, onDraft }: { setting: Setting; draft?: string; may: boolean; onDraft: (value?: string) => void }) {
  const value = draft ?? asText(setting.value)
  const set = setting.origin !== 'default'
  const shared = {
    id: `setting-${setting.name}`,
    disabled: !may,
    'aria-describedby': `about-${setting.name}`,
    'data-draft': draft !== undefined || undefined,
  }
  return (
    <div className="setting">
      <div>
        <label htmlFor={shared.id} className="mono">
          {setting.name}
        </label>
        <p id={`about-${setting.name}`} className="quiet" lang="en">
          {setting.about}
        </p>
      </div>
      <div className="setting-value">
        {typeof setting.value === 'boolean' ? (
          <select {...shared} className="input" value={value} onChange={(event) => onDraft(event.target.value)}>
            <option value="true">{t('all.yes')}</option>
            <option value="false">{t('all.no')}</option>
          </select>
        ) : (
          <input
            {...shared}
            className="input mono"
            value={value}
            spellCheck={false}
            autoComplete="off"
            placeholder={asText(setting.default)}
            onChange={(event) => onDraft(event.target.value)}
          />
        )}
        <p className="setting-origin">
          <span className="badge" data-kind={set ? 'well' : undefined} translate={set ? 'no' : undefined}>
            {known(setting.origin)}
          </span>
          {!setting.live && <span className="badge">{t('settings.nextBoot')}</span>}
          {draft !== undefined ? (
            <button type="button" className="link" onClick={() => onDraft(undefined)}>
              {t('settings.asItWas')}
            </button>
          ) : (
            set &&
            may && (
              <button type="button" className="link" onClick={() => onDraft('')}>
                {t('settings.backToTheDefault')}
              </button>
            )
          )}
        </p>
      </div>
    </div>
  )
}
