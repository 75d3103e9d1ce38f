// The SQL editor: completion from the catalog, and Ctrl+Enter runs it.

import { autocompletion, closeBrackets, closeCompletion, completionKeymap } from '@codemirror/autocomplete'
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands'
import { PostgreSQL, SQLite, sql } from '@codemirror/lang-sql'
import { HighlightStyle, syntaxHighlighting } from '@codemirror/language'
import { Compartment, EditorState } from '@codemirror/state'
import { drawSelection, EditorView, keymap, lineNumbers, placeholder } from '@codemirror/view'
import { tags } from '@lezer/highlight'
import { useEffect, useRef } from 'react'
import { t } from '../../words/words'

const look = EditorView.theme({
  '&': { backgroundColor: 'var(--raised)', color: 'var(--ink)', fontSize: 'var(--text)' },
  '.cm-content': { fontFamily: 'var(--mono)', minHeight: '9rem', caretColor: 'var(--ink)' },
  '.cm-gutters': { backgroundColor: 'var(--sunken)', color: 'var(--ink-quiet)', border: 'none' },
  '&.cm-focused .cm-cursor': { borderLeftColor: 'var(--ink)' },
  '&.cm-focused .cm-selectionBackground, .cm-selectionBackground': { backgroundColor: 'var(--copper-ground) !important' },
  '&.cm-focused': { outline: 'none' },
  '.cm-placeholder': { color: 'var(--ink-quiet)' },
  '.cm-tooltip': { backgroundColor: 'var(--raised)', border: '1px solid var(--line-strong)', color: 'var(--ink)' },
  '.cm-tooltip-autocomplete ul li[aria-selected]': { backgroundColor: 'var(--copper-ground)', color: 'var(--ink)' },
})
const colours = HighlightStyle.define([
  { tag: tags.keyword, color: 'var(--copper)', fontWeight: '600' },
  { tag: [tags.string, tags.special(tags.string)], color: 'var(--warn)' },
  { tag: [tags.number, tags.bool, tags.null], color: 'var(--well)' },
  { tag: tags.comment, color: 'var(--ink-quiet)', fontStyle: 'italic' },
])

/** What is written over a selection, done here: a browser would carry the selection's look over by a style
    that is written in, which the page's policy refuses. */
const overSelection = EditorView.domEventHandlers({
  beforeinput(event, editor) {
    const { main } = editor.state.selection
    const text = event.data
    if (event.inputType !== 'insertText' || text === null || main.empty || event.isComposing) return false
    event.preventDefault()
    const insert = () => editor.state.update(editor.state.replaceSelection(text), { userEvent: 'input.type', scrollIntoView: true })
    const handled = editor.state.facet(EditorView.inputHandler).some((handle) => handle(editor, main.from, main.to, text, insert))
    if (!handled) editor.dispatch(insert())
    return true
  },
})

interface EditorProps {
  text: string
  onText: (text: string) => void
  onRun: (text: string) => void
  engine: string
  tables: Record<string, string[]>
}

export function Editor({ text, onText, onRun, engine, tables }: EditorProps) {
  const place = useRef<HTMLDivElement>(null)
  const view = useRef<EditorView>(undefined)
  const language = useRef(new Compartment())
  const handlers = useRef({ onText, onRun })
  useEffect(() => {
    handlers.current = { onText, onRun }
  })

  // biome-ignore lint: the editor is made once; what changes later is handed to it below
  useEffect(() => {
    if (!place.current) return
    const run = (editor: EditorView) => {
      closeCompletion(editor)
      const { from, to } = editor.state.selection.main
      handlers.current.onRun(editor.state.sliceDoc(from, to).trim() || editor.state.doc.toString())
      return true
    }
    // In a root of its own the editor's styles are objects: the page's policy allows no style that is written in.
    const root = place.current.shadowRoot ?? place.current.attachShadow({ mode: 'open' })
    const editor = new EditorView({
      parent: root,
      root,
      state: EditorState.create({
        doc: text,
        extensions: [
          keymap.of([{ key: 'Mod-Enter', run }]),
          lineNumbers(),
          history(),
          drawSelection(),
          closeBrackets(),
          overSelection,
          autocompletion(),
          // What was about to be offered would come up over what is looked at now, and no key would reach it.
          EditorView.domEventHandlers({ blur: (_, editor) => void closeCompletion(editor) }),
          keymap.of([...completionKeymap, ...historyKeymap, ...defaultKeymap]),
          language.current.of([]),
          syntaxHighlighting(colours),
          look,
          placeholder(`select * from …     ${t('query.ctrlEnter')}`),
          EditorView.lineWrapping,
          EditorView.contentAttributes.of({ 'aria-label': 'SQL' }),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) handlers.current.onText(update.state.doc.toString())
          }),
        ],
      }),
    })
    view.current = editor
    return () => editor.destroy()
  }, [])

  useEffect(() => {
    const dialect = engine === 'postgres' ? PostgreSQL : SQLite
    const support = sql({ dialect, schema: tables, upperCaseKeywords: false })
    view.current?.dispatch({ effects: language.current.reconfigure(support) })
  }, [engine, tables])

  useEffect(() => {
    const editor = view.current
    if (editor && editor.state.doc.toString() !== text) {
      editor.dispatch({ changes: { from: 0, to: editor.state.doc.length, insert: text } })
    }
  }, [text])

  return <div ref={place} className="editor" />
}
